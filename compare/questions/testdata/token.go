package chat

import (
	"errors"
	"net/http"
)

// checkToken refuses whoever does not know the secret.
func checkToken(r *http.Request) error {
	if r.URL.Query().Get("token") != "secret" { // or r.Header.Get, or r.Cookie
		return errors.New("the token is wrong")
	}
	return nil
}
