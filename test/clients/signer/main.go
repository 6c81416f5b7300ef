// Command sign-as-servers signs a blob as a client would have it signed by a whole stack, with the servers' own code and
// the keys in a folder, whatever kind they are of.
//
//	sign-as-servers FOLDER
//
// reads fulcio.pem, fulcio.key, ctlog.key, rekor.key, tsa.pem and tsa.key there, and writes blob and bundle.json.
// The keys' password is "password". A server that can't sign with its key ends it with exit code 3, and its name and reason.
package main

import (
	"errors"
	"log"
	"os"
	"path/filepath"
)

// An unable server doesn't start with its key, or doesn't sign with it.
type unable struct {
	server string
	reason error
}

func (u unable) Error() string { return u.server + ": " + u.reason.Error() }

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: sign-as-servers FOLDER")
	}
	err := run(folder(os.Args[1]))
	if server := (unable{}); errors.As(err, &server) {
		log.Print(err)
		os.Exit(3)
	}
	if err != nil {
		log.Fatal(err)
	}
}

const password = "password"

type folder string

func (f folder) file(name string) string { return filepath.Join(string(f), name) }

func run(f folder) error {
	blob := []byte("signed by " + f + "\n")
	client, err := newClient()
	if err != nil {
		return err
	}
	signature, err := client.sign(blob)
	if err != nil {
		return err
	}
	certificate, err := issue(f, &client.key.PublicKey)
	if err != nil {
		return err
	}
	timestamp, err := stamp(f, signature)
	if err != nil {
		return unable{"tsa", err}
	}
	entry, err := logEntry(f, blob, signature, certificate)
	if err != nil {
		return unable{"rekor", err}
	}
	bundle, err := client.bundle(blob, signature, certificate, timestamp, entry)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(f.file("blob"), blob, 0o600), os.WriteFile(f.file("bundle.json"), bundle, 0o600))
}
