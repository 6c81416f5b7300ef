package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/root"
)

// trustedRoots says of each trusted_root.json in a folder `NAME ok`, or what sigstore-go can't read of it.
func trustedRoots(folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, file := range files {
		verdict := "ok"
		if _, err := root.NewTrustedRootFromPath(filepath.Join(folder, file.Name())); err != nil {
			verdict = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(file.Name(), verdict)
	}
	return nil
}
