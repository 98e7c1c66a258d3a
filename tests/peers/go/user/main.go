// The user service: POST /users and GET /users/{id}, from SQLite or, to see what HTTP alone costs,
// from a map.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strconv"

	"msdemo.example/peer/internal/service"
)

// User is what travels, and what is stored.
type User struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// errNoUser is what Find answers for an id that nobody has.
var errNoUser = errors.New("there is no such user")

// store is where users are. Both methods may be called from several goroutines.
type store interface {
	Add(ctx context.Context, name string) (User, error)
	Find(ctx context.Context, id int64) (User, error)
}

func create(users store) http.HandlerFunc {
	return service.Handle(func(w http.ResponseWriter, r *http.Request) error {
		var wanted struct {
			Name string `json:"name"`
		}
		if err := service.Read(w, r, &wanted); err != nil {
			return err
		}
		if err := service.CheckText("name", wanted.Name); err != nil {
			return err
		}
		user, err := users.Add(r.Context(), wanted.Name)
		if err != nil {
			return err
		}
		w.Header().Set("Location", fmt.Sprintf("/users/%d", user.ID))
		return service.Answer(w, http.StatusCreated, user)
	})
}

func get(users store) http.HandlerFunc {
	return service.Handle(func(w http.ResponseWriter, r *http.Request) error {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil || id < 1 {
			return service.Refuse(http.StatusUnprocessableEntity, "id is a whole number from 1")
		}
		user, err := users.Find(r.Context(), id)
		if errors.Is(err, errNoUser) {
			return service.Refuse(http.StatusNotFound, "there is no user %d", id)
		}
		if err != nil {
			return err
		}
		return service.Answer(w, http.StatusOK, user)
	})
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8000", "where to serve")
	file := flag.String("database", "", "the SQLite file; none: users live in a map")
	durability := flag.String("durability", "full", "full: an answered write survives power loss; "+
		"normal: a killed process only")
	flag.Parse()

	users := store(newMapStore())
	if *file != "" {
		var err error
		if users, err = openSQLiteStore(*file, *durability); err != nil {
			log.Fatal(err)
		}
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /users", create(users))
	routes.HandleFunc("GET /users/{id}", get(users))
	if err := service.Run(*listen, routes); err != nil {
		log.Fatal(err)
	}
}
