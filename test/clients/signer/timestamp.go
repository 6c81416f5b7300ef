package main

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/digitorus/timestamp"
	"github.com/go-openapi/runtime"
	"github.com/sigstore/timestamp-authority/v2/pkg/api"
	operations "github.com/sigstore/timestamp-authority/v2/pkg/generated/restapi/operations/timestamp"
	"github.com/spf13/viper"
)

// stamp is what the timestamp authority answers, started with `config/`'s flags.
func stamp(f folder, signature []byte) (answer []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil { // its way to say that it can't start
			err = errors.New(fmt.Sprint(reason))
		}
	}()
	for flag, value := range map[string]any{
		"timestamp-signer": "file", "timestamp-signer-hash": "sha256", "default-policy-oid": "1.3.6.1.4.1.57264.2",
		"file-signer-key-path": f.file("tsa.key"), "file-signer-passwd": password,
		"certificate-chain-path": f.file("tsa.pem"), "enforce-intermediate-eku": true,
	} {
		viper.Set(flag, value)
	}
	api.ConfigureAPI()
	request, err := timestampQuery(signature)
	if err != nil {
		return nil, err
	}
	asked := httptest.NewRequest(http.MethodPost, "/api/v1/timestamp", nil)
	asked.Header.Set("Content-Type", "application/timestamp-query")
	response := httptest.NewRecorder()
	api.TimestampResponseHandler(operations.GetTimestampResponseParams{
		HTTPRequest: asked,
		Request:     io.NopCloser(bytes.NewReader(request)),
	}).WriteResponse(response, runtime.ByteStreamProducer())
	if response.Code != http.StatusCreated && response.Code != http.StatusOK {
		return nil, fmt.Errorf("%d %s", response.Code, response.Body)
	}
	return response.Body.Bytes(), nil
}

func timestampQuery(signature []byte) ([]byte, error) {
	return timestamp.CreateRequest(bytes.NewReader(signature), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true})
}
