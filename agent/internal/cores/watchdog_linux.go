package cores

// See watchdog_linux.c.

// #cgo CFLAGS: -O2 -std=c11 -Wall -Wextra
// #cgo LDFLAGS: -Wl,-wrap=pthread_create -lpthread
import "C"
