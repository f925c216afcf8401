#!/usr/bin/env bash
# Makes the certificates of the tests anew, with the openssl command: `test/support/certificates/make.sh`. They last a hundred
# years; the keys of the authorities are thrown away. Nothing in the world trusts any of them.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# authority NAME SUBJECT: one that signs itself.
authority() {
  key "$work/$1.key"
  openssl req -x509 -new -key "$work/$1.key" -subj "/CN=$2" -days $days -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# signed NAME SUBJECT AUTHORITY EXTENSIONS [x509 options]: one that an authority signs; its key is beside it unless it is there.
signed() {
  local name=$1 subject=$2 by=$3 extensions=$4
  shift 4
  [ -e "$name.key" ] || key "$name.key"
  openssl req -new -key "$name.key" -subj "/CN=$subject" -out "$work/$name.csr"
  printf '%b' "$extensions" > "$work/$name.ext"
  openssl x509 -req -in "$work/$name.csr" -CA "$by.pem" -CAkey "$work/$by.key" -CAcreateserial -CAserial "$work/serial" \
    -extfile "$work/$name.ext" -out "$name.pem" "$@" 2>/dev/null
}

rm -f ./*.pem ./*.key
names='subjectAltName=DNS:localhost,DNS:*.example.test,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n'
authority authority 'ws2spi tests'
authority stranger 'ws2spi tests, another authority'
signed server localhost authority "$names" -days $days
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null
signed rsa localhost authority "$names" -days $days
signed client 'a client' authority 'extendedKeyUsage=clientAuth\n' -days $days
signed unknown-client 'a client of another authority' stranger 'extendedKeyUsage=clientAuth\n' -days $days
signed expired localhost authority "$names" -days -1
signed unnamed localhost authority 'subjectAltName=DNS:f*.example.test\nextendedKeyUsage=serverAuth\n' -days $days
key "$work/middle.key"
cp "$work/middle.key" middle.key
signed middle 'ws2spi tests, in between' authority 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' -days $days
signed behind localhost middle "$names" -days $days
rm middle.key
openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self-signed.key -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -days $days -out self-signed.pem 2>/dev/null
openssl pkcs8 -topk8 -in server.key -out locked.key -passout pass:open-sesame
