//go:build tesseract

package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	"golang.org/x/mod/sumdb/note"
)

var checks = map[string]check{"tesseract": log}

// log is what TesseraCT does with its key and its roots at its start (cmd/tesseract/posix/main.go), and
// a first checkpoint.
func log(dir string, _ question, answer *answer) error {
	file, err := os.ReadFile(filepath.Join(dir, "privkey.pem"))
	if err != nil {
		return err
	}
	block, _ := pem.Decode(file)
	if block == nil {
		return errors.New("no PEM block, with which it ends")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	id := sha256.Sum256(der)
	answer.LogID = hex.EncodeToString(id[:])

	sign := func(_ context.Context, signer note.Signer) (*storage.CTStorage, error) {
		answer.Output, err = note.Sign(&note.Note{Text: "log\n0\n\n"}, signer)
		return nil, err
	}
	config := tesseract.ChainValidationConfig{
		RootsPEMFile: filepath.Join(dir, "roots.pem"),
		ExtKeyUsages: "CodeSigning",
	}
	_, err = tesseract.NewLogHandler(context.Background(), "log", key, config, sign, time.Second, false, "log", tesseract.LogHandlerOpts{})
	return err
}
