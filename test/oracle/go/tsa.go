//go:build tsa

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"

	"github.com/go-openapi/runtime"
	"github.com/sigstore/timestamp-authority/v2/pkg/api"
	"github.com/sigstore/timestamp-authority/v2/pkg/generated/restapi/operations/timestamp"
	"github.com/spf13/viper"
)

var checks = map[string]check{"tsa": authority}

// authority is what timestamp-server does with --timestamp-signer=file at its start, with its other
// flags at their defaults (cmd/timestamp-server/app/root.go), and a first response.
func authority(dir string, question question, answer *answer) error {
	for flag, value := range map[string]any{
		"timestamp-signer":         "file",
		"timestamp-signer-hash":    "sha256",
		"file-signer-key-path":     filepath.Join(dir, "key"),
		"file-signer-passwd":       string(question.Password),
		"certificate-chain-path":   filepath.Join(dir, "chain"),
		"enforce-intermediate-eku": true,
		"default-policy-oid":       "1.3.6.1.4.1.57264.2",
	} {
		viper.Set(flag, value)
	}
	if _, err := api.NewAPI(); err != nil {
		return err
	}
	api.ConfigureAPI()
	return respond(answer)
}

func respond(answer *answer) error {
	body := `{"artifactHash": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "hashAlgorithm": "sha256", "certificates": false}`
	request := httptest.NewRequest(http.MethodPost, "/api/v1/timestamp", nil)
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	api.TimestampResponseHandler(timestamp.GetTimestampResponseParams{
		HTTPRequest: request,
		Request:     io.NopCloser(strings.NewReader(body)),
	}).WriteResponse(recorder, runtime.ByteStreamProducer())
	if recorder.Code >= http.StatusBadRequest {
		return fmt.Errorf("a request is answered with status %d", recorder.Code)
	}
	answer.Output = recorder.Body.Bytes()
	return nil
}
