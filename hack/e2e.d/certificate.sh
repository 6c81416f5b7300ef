# shellcheck shell=bash
# A certificate authority, and what it signs, for servers of others that a test stands up.

# authority FOLDER NAME: its key and its certificate, in ca.key and ca.pem.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$2" -keyout "$1/ca.key" -out "$1/ca.pem"
}

# certificate FOLDER HOST: a server's key and certificate by that authority, in server.key and server.pem.
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout "$1/server.key" -out "$1/server.csr"
	openssl x509 -req -days 2 -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial \
		-extfile <(echo "subjectAltName=DNS:$2") -out "$1/server.pem"
}
