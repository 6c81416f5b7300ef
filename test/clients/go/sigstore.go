package main

import (
	"os"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/tuf"
)

// sigstoreGo keeps what it knows in ./cache.
func sigstoreGo(url string, rootJSON []byte) ([]byte, error) {
	client, err := tuf.New(tuf.DefaultOptions().WithRepositoryBaseURL(url).WithRoot(rootJSON).WithCachePath("cache"))
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(os.Getenv("TARGETS"), "\n") {
		if _, err := client.GetTarget(name); err != nil {
			return nil, err
		}
	}
	return client.GetTarget("trusted_root.json")
}
