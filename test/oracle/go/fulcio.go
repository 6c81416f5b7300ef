//go:build fulcio

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"net/url"
	"path/filepath"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
	"github.com/sigstore/fulcio/pkg/ca/fileca"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

var checks = map[string]check{"fulcio": authority, "seal": seal}

// authority is what Fulcio does with --ca=fileca at its start, and a first certificate.
func authority(dir string, question question, answer *answer) error {
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	ca, err := fileca.NewFileCA(cert, key, string(question.Password), false)
	if err != nil {
		return err
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	issued, err := ca.CreateCertificate(context.Background(), somebody{}, signer.Public())
	if err != nil {
		return err
	}
	answer.Output, err = cryptoutils.MarshalCertificateToPEM(issued.FinalCertificate)
	return err
}

type somebody struct{}

func (somebody) Name(context.Context) string { return "somebody" }

func (somebody) Embed(_ context.Context, cert *x509.Certificate) error {
	cert.URIs = []*url.URL{{Scheme: "https", Host: "example.com"}}
	return nil
}

// seal encrypts a private key (PKCS#8, DER) as cosign does.
func seal(_ string, question question, answer *answer) (err error) {
	answer.Output, err = encrypted.Encrypt(question.Files["key"], question.Password)
	return err
}
