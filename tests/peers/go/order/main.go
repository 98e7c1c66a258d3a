// The order service: POST /orders asks the user service for the name, then stores the order.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"msdemo.example/peer/internal/service"
)

// Order is what travels, and what is stored.
type Order struct {
	ID        int64  `json:"id"`
	UserID    int64  `json:"user_id"`
	ItemName  string `json:"item_name"`
	Username  string `json:"username"`
	Status    string `json:"status"`
	CreatedAt string `json:"created_at"`
}

func create(users *userClient, orders *orderStore) http.HandlerFunc {
	return service.Handle(func(w http.ResponseWriter, r *http.Request) error {
		var wanted struct {
			UserID   int64  `json:"user_id"`
			ItemName string `json:"item_name"`
		}
		if err := service.Read(w, r, &wanted); err != nil {
			return err
		}
		if wanted.UserID < 1 {
			return service.Refuse(http.StatusUnprocessableEntity, "user_id is a whole number from 1")
		}
		if err := service.CheckText("item_name", wanted.ItemName); err != nil {
			return err
		}
		name, err := users.name(r.Context(), wanted.UserID)
		if err != nil {
			return err
		}
		order, err := orders.add(r.Context(), Order{
			UserID:    wanted.UserID,
			ItemName:  wanted.ItemName,
			Username:  name,
			Status:    "confirmed",
			CreatedAt: time.Now().UTC().Format(time.RFC3339Nano),
		})
		if err != nil {
			return err
		}
		w.Header().Set("Location", fmt.Sprintf("/orders/%d", order.ID))
		return service.Answer(w, http.StatusCreated, order)
	})
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8001", "where to serve")
	userURL := flag.String("user-url", "http://127.0.0.1:8000", "of the user service")
	file := flag.String("database", "orders.db", "the SQLite file")
	durability := flag.String("durability", "full", "full: an answered order survives power loss; "+
		"normal: a killed process only")
	flag.Parse()

	orders, err := openOrderStore(*file, *durability)
	if err != nil {
		log.Fatal(err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /orders", create(newUserClient(*userURL), orders))
	if err := service.Run(*listen, routes); err != nil {
		log.Fatal(err)
	}
}
