package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"

	"github.com/urfave/cli/v2"

	"beside/relay"
	"beside/viewer"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "runs the relay until it is interrupted",
		Flags: []cli.Flag{
			dataFlag(),
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8080", Usage: "address and port of the web server"},
			&cli.StringFlag{Name: "public-url", Usage: "address by which browsers and agents reach the relay, such as https://help.example.com"},
			&cli.StringFlag{Name: "tls-cert", Usage: "certificate, a file in PEM"},
			&cli.StringFlag{Name: "tls-key", Usage: "its key, a file in PEM that only its owner may read"},
			&cli.StringFlag{Name: "acme-host", Usage: "get a certificate for this name from Let's Encrypt (and accept their terms); needs port 443"},
			&cli.BoolFlag{Name: "behind-proxy", Usage: "trust X-Forwarded-For of a proxy on loopback; needs --public-url"},
			&cli.StringFlag{Name: "organisation", Usage: "name of the first organisation, when the data folder is new"},
			&cli.StringFlag{Name: "operator", Usage: "who runs this relay, as users are told (default: the organisation)"},
			&cli.StringFlag{Name: "region", Usage: "where recordings are stored, in words, such as \"Frankfurt, Germany\""},
			&cli.StringFlag{Name: "first-link-role", Value: "technician,reviewer,admin", Usage: "roles of the first person, who gets the link printed on the console"},
			&cli.StringFlag{Name: "turn-listen", Usage: "address and port of TURN (UDP and TCP), or \"off\" (default: loopback when --listen is, else port 3478)"},
			&cli.StringFlag{Name: "turn-public-ip", Usage: "TURN's address from outside (default: found by --public-url)"},
			&cli.UintFlag{Name: "turn-port-min", Usage: "lowest relayed port (default 49152)"},
			&cli.UintFlag{Name: "turn-port-max", Usage: "highest relayed port (default 65535)"},
			&cli.StringSliceFlag{Name: "turn-allow-network", Usage: "private network that TURN may relay into; for development networks only"},
			&cli.StringFlag{Name: "metrics-token-file", Usage: "file with the token that may read /metrics (default: loopback only)"},
			&cli.BoolFlag{Name: "verbose", Usage: "log more"},
		},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Action:       serve,
	}
}

func serve(c *cli.Context) error {
	cfg, err := serveConfig(c)
	if err != nil {
		return err
	}
	r, err := relay.New(cfg)
	if err != nil {
		return err
	}
	fmt.Printf("Beside relay: %s\n", r.URL())
	return r.Run(c.Context)
}

// serveConfig makes the configuration of the flags.
func serveConfig(c *cli.Context) (relay.Config, error) {
	level := slog.LevelInfo
	if c.Bool("verbose") {
		level = slog.LevelDebug
	}
	cfg := relay.Config{
		Dir: c.String("data"), Listen: c.String("listen"), PublicURL: c.String("public-url"),
		TLSCert: c.String("tls-cert"), TLSKey: c.String("tls-key"), ACMEHost: c.String("acme-host"),
		BehindProxy: c.Bool("behind-proxy"), Organisation: c.String("organisation"),
		Processor: c.String("operator"), Region: c.String("region"),
		TurnListen: c.String("turn-listen"), MetricsTokenFile: c.String("metrics-token-file"),
		Version: version, Web: viewer.Handler(), Console: os.Stdout,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}
	var err error
	if cfg.FirstRoles, err = relay.ParseRoles(c.String("first-link-role")); err != nil {
		return cfg, err
	}
	return cfg, turnConfig(c, &cfg)
}

// turnConfig reads the flags of TURN.
func turnConfig(c *cli.Context, cfg *relay.Config) error {
	if text := c.String("turn-public-ip"); text != "" {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return usageError{fmt.Errorf("--turn-public-ip %q is not an IP address", text)}
		}
		cfg.TurnPublicIP = addr.Unmap()
	}
	for _, text := range c.StringSlice("turn-allow-network") {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return usageError{fmt.Errorf("--turn-allow-network %q is not a network such as 192.168.1.0/24", text)}
		}
		cfg.TurnAllow = append(cfg.TurnAllow, network)
	}
	low, high := c.Uint("turn-port-min"), c.Uint("turn-port-max")
	if low > 65535 || high > 65535 || (low == 0) != (high == 0) {
		return usageError{fmt.Errorf("--turn-port-min and --turn-port-max belong together and are ports")}
	}
	cfg.TurnPortMin, cfg.TurnPortMax = uint16(low), uint16(high)
	return nil
}
