package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"msdemo.example/peer/internal/service"
)

const (
	deadline  = time.Second
	keptAlive = 256
	replySize = 64 * 1024
)

// userClient asks the user service.
type userClient struct {
	users string
	http  http.Client
}

func newUserClient(url string) *userClient {
	// By default two connections to a host are kept: under load, nearly every call would make one.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = keptAlive
	transport.MaxIdleConnsPerHost = keptAlive
	return &userClient{url + "/users/", http.Client{Transport: transport, Timeout: deadline}}
}

// name is that of a user.
func (c *userClient) name(ctx context.Context, id int64) (string, error) {
	request, err := http.NewRequestWithContext(ctx, "GET", c.users+strconv.FormatInt(id, 10), nil)
	if err != nil {
		return "", err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", service.Refuse(http.StatusServiceUnavailable, "the user service: %v", err)
	}
	defer response.Body.Close()
	// A connection is used again only if its answer was read to the end.
	body, err := io.ReadAll(io.LimitReader(response.Body, replySize))
	if err != nil {
		return "", service.Refuse(http.StatusServiceUnavailable, "the user service: %v", err)
	}
	if response.StatusCode == http.StatusNotFound {
		return "", service.Refuse(http.StatusUnprocessableEntity, "there is no user %d", id)
	}
	var user struct {
		Name string `json:"name"`
	}
	if response.StatusCode != http.StatusOK || json.Unmarshal(body, &user) != nil {
		return "", service.Refuse(http.StatusBadGateway, "the user service did not answer a user")
	}
	return user.Name, nil
}
