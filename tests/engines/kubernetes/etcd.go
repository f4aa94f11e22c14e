package main

import (
	"flag"
	"net/url"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// One member that forgets nothing while it runs and syncs nothing to the disk.
func runEtcd(args []string) {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	folder := flags.String("folder", "", "where it keeps its data")
	clients := flags.String("clients", "", "the URL that clients use")
	peers := flags.String("peers", "", "the URL that other members would use")
	flags.Parse(args)

	config := embed.NewConfig()
	config.Dir = *folder
	config.UnsafeNoFsync = true
	config.LogLevel = "error"
	config.QuotaBackendBytes = 4 << 30
	config.MaxTxnOps = 4096
	config.ListenClientUrls = []url.URL{parseURL(*clients)}
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = []url.URL{parseURL(*peers)}
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		fail("etcd: %v", err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
	case <-time.After(60 * time.Second):
		fail("etcd: not ready after 60 s")
	}
	fail("etcd: %v", <-etcd.Err())
}

func parseURL(text string) url.URL {
	parsed, err := url.Parse(text)
	if err != nil {
		fail("etcd: %v", err)
	}
	return *parsed
}
