//go:build ctlog

package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"time"

	"github.com/google/certificate-transparency-go/trillian/ctfe"
	"github.com/google/certificate-transparency-go/x509util"
)

func init() {
	checks["submitted"] = submitted
}

// submitted is what ct_server does with a certificate that Fulcio issued: it comes with Fulcio's whole
// file, whose last certificate is a root of the log.
func submitted(_ string, question question, _ *answer) error {
	var chain [][]byte
	for _, name := range []string{"issued", "chain"} {
		file := bytes.TrimSpace(question.Files[name])
		for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
			chain = append(chain, block.Bytes)
		}
	}
	roots := x509util.NewPEMCertPool()
	last := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[len(chain)-1]})
	if !roots.AppendCertsFromPEM(last) {
		return errors.New("failed to parse PEM certs file")
	}
	options := ctfe.NewCertValidationOpts(roots, time.Time{}, false, false, nil, nil, false, nil)
	_, err := ctfe.ValidateChain(chain, options)
	return err
}
