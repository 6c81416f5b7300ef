// Command go-clients is two of the clients that ../README.md tells of.
package main

import (
	"crypto/sha256"
	"log"
	"os"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// A client returns the trusted_root.json that it is given by the repository at url, of which it knows a root.
var clients = map[string]func(url string, root []byte) ([]byte, error){
	"sigstore-go":       sigstoreGo,
	"policy-controller": policyController,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) == 3 && os.Args[1] == "trusted-roots" {
		if err := trustedRoots(os.Args[2]); err != nil {
			log.Fatal(err)
		}
		return
	}
	if len(os.Args) != 3 || clients[os.Args[1]] == nil {
		log.Fatal("usage: go-clients CLIENT URL, or go-clients trusted-roots FOLDER")
	}
	if err := run(clients[os.Args[1]], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(client func(string, []byte) ([]byte, error), url string) error {
	rootJSON, err := os.ReadFile("root.json")
	if err != nil {
		return err
	}
	trustedRoot, err := client(url, rootJSON)
	if err != nil {
		return err
	}
	if err := os.WriteFile("trusted_root.json", trustedRoot, 0o600); err != nil {
		return err
	}
	return verifyBundle(trustedRoot)
}

func verifyBundle(trustedRoot []byte) error {
	trust, err := root.NewTrustedRootFromJSON(trustedRoot)
	if err != nil {
		return err
	}
	signed, err := bundle.LoadJSONFromPath(os.Getenv("BUNDLE"))
	if err != nil {
		return err
	}
	blob, err := os.ReadFile(os.Getenv("BLOB"))
	if err != nil {
		return err
	}
	asked := []verify.VerifierOption{verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithSignedTimestamps(1)}
	entries, err := signed.TlogEntries()
	if err != nil {
		return err
	}
	// Rekor v2 tells no time.
	if len(entries) > 0 && !entries[0].IntegratedTime().IsZero() {
		asked = append(asked, verify.WithIntegratedTimestamps(1))
	}
	verifier, err := verify.NewVerifier(trust, asked...)
	if err != nil {
		return err
	}
	identity, err := verify.NewShortCertificateIdentity(os.Getenv("ISSUER"), "", os.Getenv("IDENTITY"), "")
	if err != nil {
		return err
	}
	digest := sha256.Sum256(blob)
	policy := verify.NewPolicy(verify.WithArtifactDigest("sha256", digest[:]), verify.WithCertificateIdentity(identity))
	_, err = verifier.Verify(signed, policy)
	return err
}
