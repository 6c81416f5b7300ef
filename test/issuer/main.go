// An issuer of identity tokens for tests: OpenID Connect's discovery over TLS, a key, and a token for whoever asks.
//
//	issuer URL CERTIFICATE KEY
//
// GET /token?email=…&audience=… answers with a token for that address.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: issuer URL CERTIFICATE KEY")
	}
	url := os.Args[1]
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": url, "jwks_uri": url + "/keys", "response_types_supported": []string{"id_token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	http.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		point, err := key.PublicKey.Bytes() // 4, x, y
		if err != nil {
			log.Fatal(err)
		}
		answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": encode(point[1:33]), "y": encode(point[33:]),
		}}})
	})
	http.HandleFunc("/token", func(w http.ResponseWriter, request *http.Request) {
		query, now := request.URL.Query(), time.Now()
		token, err := sign(key, map[string]any{
			"iss": url, "sub": query.Get("email"), "aud": query.Get("audience"), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
			"email": query.Get("email"), "email_verified": true,
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprint(w, token)
	})
	log.Fatal(http.ListenAndServeTLS(":8443", os.Args[2], os.Args[3], nil))
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}

// A JWT (RFC 7519) with ES256 (RFC 7518, section 3.4).
func sign(key *ecdsa.PrivateKey, claims map[string]any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := encode([]byte(`{"alg":"ES256","typ":"JWT","kid":"1"}`)) + "." + encode(body)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature[:]), nil
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
