//go:build rekor_tiles

package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/sigstore/rekor-tiles/v2/pkg/note"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	mod "golang.org/x/mod/sumdb/note"
)

var checks = map[string]check{"rekor-tiles": log}

// log is what Rekor v2 does with its signer at its start (internal/signerverifier/file.go, which no
// other module may import), and a first checkpoint.
func log(dir string, question question, answer *answer) error {
	file, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		return err
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(file, cryptoutils.StaticPasswordFunc(question.Password))
	if err != nil {
		return err
	}
	signer, err := signature.LoadDefaultSignerVerifier(key)
	if err != nil {
		return err
	}
	public, err := signer.PublicKey()
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	id := sha256.Sum256(der)
	answer.LogID = hex.EncodeToString(id[:])
	noteSigner, err := note.NewNoteSigner(context.Background(), "rekor", signer)
	if err != nil {
		return err
	}
	answer.Output, err = mod.Sign(&mod.Note{Text: "rekor\n0\n\n"}, noteSigner)
	return err
}
