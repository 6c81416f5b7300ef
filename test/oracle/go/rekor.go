//go:build rekor

package main

import (
	"context"
	"encoding/pem"
	"path/filepath"

	"github.com/sigstore/rekor/pkg/sharding"
	"github.com/sigstore/rekor/pkg/signer"
	"github.com/sigstore/rekor/pkg/util"
	"go.step.sm/crypto/pemutil"
)

var checks = map[string]check{"rekor": log, "openssh": openssh}

// log is what Rekor does with its signer at its start, and a first checkpoint.
func log(dir string, question question, answer *answer) error {
	config := signer.SigningConfig{
		SigningSchemeOrKeyPath: filepath.Join(dir, "key"),
		FileSignerPassword:     string(question.Password),
	}
	ranges, err := sharding.NewLogRanges(context.Background(), "", 1, config)
	if err != nil {
		return err
	}
	active := ranges.GetActive()
	answer.LogID = active.LogID
	answer.Output, err = util.CreateAndSignCheckpoint(context.Background(), "rekor", 1, 0, make([]byte, 32), active.Signer)
	return err
}

// openssh writes a private key in OpenSSH's own form.
func openssh(dir string, _ question, answer *answer) error {
	key, err := pemutil.Read(filepath.Join(dir, "key"))
	if err != nil {
		return err
	}
	block, err := pemutil.Serialize(key, pemutil.WithOpenSSH(true))
	if err != nil {
		return err
	}
	answer.Output = pem.EncodeToMemory(block)
	return nil
}
