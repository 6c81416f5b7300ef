//go:build client

package main

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

var checks = map[string]check{"public-key": publicKey, "trusted-root": trustedRoot}

// publicKey is how cosign and Rekor's client read a public key, and the ID of its log.
func publicKey(_ string, question question, answer *answer) error {
	key, err := cryptoutils.UnmarshalPEMToPublicKey(question.Files["key"])
	if err != nil {
		return err
	}
	if err := cryptoutils.ValidatePubKey(key); err != nil {
		return err
	}
	der, err := cryptoutils.MarshalPublicKeyToDER(key)
	if err != nil {
		return err
	}
	id := sha256.Sum256(der)
	answer.LogID = hex.EncodeToString(id[:])
	return nil
}

// trustedRoot is how everybody who uses sigstore-go, cosign among them, reads what is trusted.
func trustedRoot(_ string, question question, _ *answer) error {
	_, err := root.NewTrustedRootFromJSON(question.Files["trusted_root.json"])
	return err
}
