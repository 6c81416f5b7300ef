package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/cyberphone/json-canonicalization/go/src/webpki.org/jsoncanonicalizer"
	commonv1 "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	rekorv1 "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/rekor/pkg/signer"
	"github.com/sigstore/rekor/pkg/util"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/transparency-dev/merkle/rfc6962"
)

// logEntry is what Rekor answers to the second entry of a log (`signEntry` in pkg/api/entries.go). It isn't the first, since JSON
// leaves the index 0 out, and sigstore-python reads no entry without one.
func logEntry(f folder, blob, signature []byte, certificate *x509.Certificate) (*rekorv1.TransparencyLogEntry, error) {
	key, err := signer.New(context.Background(), f.file("rekor.key"), password, "", "", 0, 0)
	if err != nil {
		return nil, err
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	body, err := body(blob, signature, certificate)
	if err != nil {
		return nil, err
	}
	id, now := sha256.Sum256(spki), time.Now().Unix()
	payload, err := json.Marshal(map[string]any{
		"body": body, "integratedTime": now, "logIndex": 1, "logID": hex.EncodeToString(id[:]),
	})
	if err != nil {
		return nil, err
	}
	canonical, err := jsoncanonicalizer.Transform(payload)
	if err != nil {
		return nil, err
	}
	promise, err := key.SignMessage(bytes.NewReader(canonical))
	if err != nil {
		return nil, err
	}
	hasher := rfc6962.DefaultHasher
	first := hasher.HashLeaf([]byte("another entry"))
	root := hasher.HashChildren(first, hasher.HashLeaf(body))
	checkpoint, err := util.CreateAndSignCheckpoint(context.Background(), "rekor", 1, 2, root, key)
	if err != nil {
		return nil, err
	}
	return &rekorv1.TransparencyLogEntry{
		LogIndex:         1,
		LogId:            &commonv1.LogId{KeyId: id[:]},
		KindVersion:      &rekorv1.KindVersion{Kind: "hashedrekord", Version: "0.0.1"},
		IntegratedTime:   now,
		InclusionPromise: &rekorv1.InclusionPromise{SignedEntryTimestamp: promise},
		InclusionProof: &rekorv1.InclusionProof{
			LogIndex: 1, TreeSize: 2, RootHash: root, Hashes: [][]byte{first},
			Checkpoint: &rekorv1.Checkpoint{Envelope: string(checkpoint)},
		},
		CanonicalizedBody: body,
	}, nil
}

// body is an entry of the kind hashedrekord in its canonical form.
func body(blob, signature []byte, certificate *x509.Certificate) ([]byte, error) {
	pem, err := cryptoutils.MarshalCertificateToPEM(certificate)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(blob)
	entry, err := json.Marshal(map[string]any{
		"apiVersion": "0.0.1",
		"kind":       "hashedrekord",
		"spec": map[string]any{
			"data": map[string]any{"hash": map[string]any{"algorithm": "sha256", "value": hex.EncodeToString(digest[:])}},
			"signature": map[string]any{
				"content":   base64.StdEncoding.EncodeToString(signature),
				"publicKey": map[string]any{"content": base64.StdEncoding.EncodeToString(pem)},
			},
		},
	})
	if err != nil {
		return nil, err
	}
	return jsoncanonicalizer.Transform(entry)
}
