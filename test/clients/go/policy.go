package main

import (
	"bytes"
	"context"
	"os"

	"github.com/sigstore/policy-controller/pkg/tuf"
)

// policyController reads no URL but the archive that the repository is served from, as a TrustRoot with a `mirrorFS` does. It
// keeps nothing.
func policyController(_ string, rootJSON []byte) ([]byte, error) {
	archive, err := os.ReadFile(os.Getenv("ARCHIVE"))
	if err != nil {
		return nil, err
	}
	client, err := tuf.ClientFromSerializedMirror(context.Background(), archive, rootJSON, "targets", "/repository/")
	if err != nil {
		return nil, err
	}
	targets, err := client.Targets()
	if err != nil {
		return nil, err
	}
	for name := range targets {
		if err := client.Download(name, &memory{}); err != nil {
			return nil, err
		}
	}
	var trustedRoot memory
	err = client.Download("trusted_root.json", &trustedRoot)
	return trustedRoot.Bytes(), err
}

type memory struct{ bytes.Buffer }

func (m *memory) Delete() error {
	m.Reset()
	return nil
}
