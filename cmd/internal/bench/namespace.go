package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// namespace is a network of its own, besides the one that this process is in.
type namespace struct{ file *os.File }

// newNamespace makes one with a loopback interface.
func newNamespace() (*namespace, error) {
	var n namespace
	err := elsewhere(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("bench: a network namespace: %w", err)
		}
		var err error
		if n.file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return fmt.Errorf("bench: a network namespace: %w", err)
		}
		return raise("lo")
	})
	return &n, err
}

// elsewhere calls f on a thread that comes back to this process's namespace afterwards.
// The thread must not end instead: the kernel would end the programs that it started.
func elsewhere(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("bench: this network namespace: %w", err)
	}
	defer home.Close()
	err = f()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("bench: leave a network namespace: %w", back)) // the thread stays locked
	}
	runtime.UnlockOSThread()
	return err
}

// path is where other programs find the namespace while this one runs.
func (n *namespace) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

func (n *namespace) close() error { return n.file.Close() }

// run calls f with its thread in the namespace: the sockets and devices that f opens
// stay there.
func (n *namespace) run(f func() error) error {
	return elsewhere(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("bench: enter a network namespace: %w", err)
		}
		return f()
	})
}

// openTUN makes a TUN device with an address in 10.77.0.0/24, in the thread's namespace.
func openTUN(name string, address net.IP) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("bench: TUN device: %w", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err == nil {
		err = address24(name, address)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bench: TUN device: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), raise(name)
}

// withSocket calls f with a socket to configure interfaces by.
func withSocket(f func(fd int) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return errors.Join(f(fd), unix.Close(fd))
}

// address24 gives an interface an address, in a network of 24 bits.
func address24(name string, address net.IP) error {
	return withSocket(func(fd int) error {
		for _, set := range []struct {
			what  uint
			value net.IP
		}{{unix.SIOCSIFADDR, address}, {unix.SIOCSIFNETMASK, net.IPv4(255, 255, 255, 0)}} {
			request, err := unix.NewIfreq(name)
			if err != nil {
				return err
			}
			if err := request.SetInet4Addr(set.value.To4()); err != nil {
				return err
			}
			if err := unix.IoctlIfreq(fd, set.what, request); err != nil {
				return err
			}
		}
		return nil
	})
}

// raise brings an interface up.
func raise(name string) error {
	err := withSocket(func(fd int) error {
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
			return err
		}
		request.SetUint16(request.Uint16() | unix.IFF_UP)
		return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
	})
	if err != nil {
		return fmt.Errorf("bench: interface %s: %w", name, err)
	}
	return nil
}
