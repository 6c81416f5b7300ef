// The timestamp authority without its metrics, which listen at a port that no flag changes: so any number of them
// run on one machine. What else its `serve` takes, this does too, as --NAME=VALUE.
package main

import (
	"log"
	"os"
	"strings"
	"time"

	"github.com/spf13/viper"

	_ "github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server/app" // the flags' defaults
	"github.com/sigstore/timestamp-authority/v2/pkg/server"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		log.Fatal("usage: timestamp-server-local serve FLAGS")
	}
	for _, arg := range os.Args[2:] {
		name, value, hasValue := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !hasValue {
			value = "true"
		}
		viper.Set(name, value)
	}
	timeout := 30 * time.Second
	api := server.NewRestAPIServer(viper.GetString("host"), viper.GetInt("port"), []string{"http"}, false, timeout, timeout)
	if err := api.Serve(); err != nil {
		log.Fatal(err)
	}
}
