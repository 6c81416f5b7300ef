//go:build ctlog

package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/google/certificate-transparency-go/trillian/ctfe"
	"github.com/google/certificate-transparency-go/trillian/ctfe/configpb"
	"github.com/google/trillian/crypto/keys"
	"github.com/google/trillian/crypto/keys/der"
	"github.com/google/trillian/crypto/keys/pem"
	"github.com/google/trillian/crypto/keyspb"
	"github.com/google/trillian/monitoring"
	"google.golang.org/protobuf/types/known/anypb"
)

var checks = map[string]check{"ctlog": log}

func init() {
	keys.RegisterHandler(&keyspb.PEMKeyFile{}, pem.FromProto)
	keys.RegisterHandler(&keyspb.PrivateKey{}, der.FromProto)
}

// log is what ct_server does with a Secret at its start: `config` names the other files, by the path
// where they are mounted. And a first signature.
func log(dir string, _ question, answer *answer) error {
	multi, err := ctfe.MultiLogConfigFromFile(filepath.Join(dir, "config"))
	if err != nil {
		return err
	}
	if _, err := ctfe.ValidateLogMultiConfig(multi); err != nil {
		return err
	}
	for _, config := range multi.LogConfigs.Config {
		if err := mount(dir, config); err != nil {
			return err
		}
		if err := start(config, answer); err != nil {
			return err
		}
	}
	return nil
}

// mount replaces the folder in the paths of files.
func mount(dir string, config *configpb.LogConfig) error {
	for i, path := range config.RootsPemFile {
		config.RootsPemFile[i] = filepath.Join(dir, filepath.Base(path))
	}
	var file keyspb.PEMKeyFile
	if err := config.PrivateKey.UnmarshalTo(&file); err != nil {
		return err
	}
	file.Path = filepath.Join(dir, filepath.Base(file.Path))
	var err error
	config.PrivateKey, err = anypb.New(&file)
	return err
}

func start(config *configpb.LogConfig, answer *answer) error {
	validated, err := ctfe.ValidateLogConfig(config)
	if err != nil {
		return err
	}
	instance, err := ctfe.SetUpInstance(context.Background(), ctfe.InstanceOptions{
		Validated:     validated,
		MetricFactory: monitoring.InertMetricFactory{},
		RequestLog:    new(ctfe.DefaultRequestLog),
	})
	if err != nil {
		return err
	}
	id, err := ctfe.GetCTLogID(instance.GetPublicKey())
	if err != nil {
		return err
	}
	answer.LogID = hex.EncodeToString(id[:])

	signer, err := keys.NewSigner(context.Background(), validated.PrivKey)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(nil)
	// As in serialize.go.
	if _, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
		return fmt.Errorf("failed to sign SCT data: %w", err)
	}
	return nil
}
