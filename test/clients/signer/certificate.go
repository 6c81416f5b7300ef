package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"net/url"
	"os"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	ctx509 "github.com/google/certificate-transparency-go/x509"
	"github.com/google/trillian/crypto/keys/pem"
	"github.com/sigstore/fulcio/pkg/ca"
	"github.com/sigstore/fulcio/pkg/ca/fileca"
	"github.com/sigstore/fulcio/pkg/certificate"
)

// issue is what Fulcio and the CT log do together: a certificate with a promise of the log in it.
func issue(f folder, key crypto.PublicKey) (*x509.Certificate, error) {
	authority, err := fileca.NewFileCA(f.file("fulcio.pem"), f.file("fulcio.key"), password, false)
	if err != nil {
		return nil, unable{"fulcio", err}
	}
	fulcio := authority.(ca.EmbeddedSCTCA)
	precertificate, err := fulcio.CreatePrecertificate(context.Background(), account{}, key)
	if err != nil {
		return nil, unable{"fulcio", err}
	}
	sct, err := promise(f, precertificate)
	if err != nil {
		return nil, unable{"ctlog", err}
	}
	issued, err := fulcio.IssueFinalCertificate(context.Background(), precertificate, sct)
	if err != nil {
		return nil, unable{"fulcio", err}
	}
	return issued.FinalCertificate, nil
}

// account is who signs, as Fulcio names a service account of Kubernetes.
type account struct{}

func (account) Name(context.Context) string { return os.Getenv("IDENTITY") }

func (account) Embed(_ context.Context, c *x509.Certificate) error {
	identity, err := url.Parse(os.Getenv("IDENTITY"))
	if err != nil {
		return err
	}
	c.URIs = []*url.URL{identity}
	c.ExtraExtensions, err = certificate.Extensions{Issuer: os.Getenv("ISSUER")}.Render()
	return err
}

// promise is a signed certificate timestamp, made as `buildV1SCT` in trillian/ctfe/serialize.go makes it.
func promise(f folder, issued *ca.CodeSigningPreCertificate) (*ct.SignedCertificateTimestamp, error) {
	key, err := pem.ReadPrivateKeyFile(f.file("ctlog.key"), password)
	if err != nil {
		return nil, err
	}
	leaf, err := leaf(issued)
	if err != nil {
		return nil, err
	}
	promised := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, Timestamp: leaf.TimestampedEntry.Timestamp}
	input, err := ct.SerializeSCTSignatureInput(promised, ct.LogEntry{Leaf: *leaf})
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(input)
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	promised.LogID.KeyID = sha256.Sum256(spki)
	promised.Signature = ct.DigitallySigned{
		Algorithm: tls.SignatureAndHashAlgorithm{Hash: tls.SHA256, Signature: tls.SignatureAlgorithmFromPubKey(key.Public())},
		Signature: signature,
	}
	return &promised, nil
}

func leaf(issued *ca.CodeSigningPreCertificate) (*ct.MerkleTreeLeaf, error) {
	var chain []*ctx509.Certificate
	for _, certificate := range append([]*x509.Certificate{issued.PreCert}, issued.CertChain...) {
		parsed, err := ctx509.ParseCertificate(certificate.Raw)
		if err != nil {
			return nil, err
		}
		chain = append(chain, parsed)
	}
	return ct.MerkleTreeLeafFromChain(chain, ct.PrecertLogEntryType, uint64(time.Now().UnixMilli()))
}
