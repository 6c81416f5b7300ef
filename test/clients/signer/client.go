package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"

	bundlev1 "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	commonv1 "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	rekorv1 "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// A client has a key of its own for one signature.
type client struct{ key *ecdsa.PrivateKey }

func newClient() (*client, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &client{key}, err
}

func (c *client) sign(blob []byte) ([]byte, error) {
	digest := sha256.Sum256(blob)
	return ecdsa.SignASN1(rand.Reader, c.key, digest[:])
}

func (c *client) bundle(blob, signature []byte, certificate *x509.Certificate, timestamp []byte, entry *rekorv1.TransparencyLogEntry) ([]byte, error) {
	digest := sha256.Sum256(blob)
	return protojson.Marshal(&bundlev1.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		VerificationMaterial: &bundlev1.VerificationMaterial{
			Content:     &bundlev1.VerificationMaterial_Certificate{Certificate: &commonv1.X509Certificate{RawBytes: certificate.Raw}},
			TlogEntries: []*rekorv1.TransparencyLogEntry{entry},
			TimestampVerificationData: &bundlev1.TimestampVerificationData{
				Rfc3161Timestamps: []*commonv1.RFC3161SignedTimestamp{{SignedTimestamp: timestamp}},
			},
		},
		Content: &bundlev1.Bundle_MessageSignature{MessageSignature: &commonv1.MessageSignature{
			MessageDigest: &commonv1.HashOutput{Algorithm: commonv1.HashAlgorithm_SHA2_256, Digest: digest[:]},
			Signature:     signature,
		}},
	})
}
