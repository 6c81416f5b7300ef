//go:build client

package main

import (
	"bytes"
	"crypto/x509"
	"time"

	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	trustroot "github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

func init() {
	checks["issued"] = issued
	checks["timestamped"] = timestamped
}

// issued is how everybody who uses sigstore-go verifies the certificate that a Fulcio issued, with
// its chain in trusted_root.json.
func issued(_ string, question question, _ *answer) error {
	chain, err := authority(question.Files["chain"])
	if err != nil {
		return err
	}
	fulcio, err := root.ParseCertificateAuthority(chain)
	if err != nil {
		return err
	}
	leaf, err := cryptoutils.UnmarshalCertificatesFromPEM(question.Files["issued"])
	if err != nil {
		return err
	}
	_, err = fulcio.Verify(leaf[0], time.Now())
	return err
}

// timestamped is the same for the response of a timestamping authority to a question about nothing.
func timestamped(_ string, question question, _ *answer) error {
	chain, err := authority(question.Files["chain"])
	if err != nil {
		return err
	}
	tsa, err := root.ParseTimestampingAuthority(chain)
	if err != nil {
		return err
	}
	_, err = tsa.Verify(question.Files["issued"], nil)
	return err
}

// authority is a chain as trusted_root.json has it.
func authority(file []byte) (*trustroot.CertificateAuthority, error) {
	certificates, err := cryptoutils.LoadCertificatesFromPEM(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	chain := &common.X509CertificateChain{}
	for _, certificate := range certificates {
		chain.Certificates = append(chain.Certificates, raw(certificate))
	}
	return &trustroot.CertificateAuthority{Uri: "https://example.com", CertChain: chain}, nil
}

func raw(certificate *x509.Certificate) *common.X509Certificate {
	return &common.X509Certificate{RawBytes: certificate.Raw}
}
