// Applies manifests from stdin as Flux's kustomize-controller does: the same library, with the same options.
//
// It prints what became of each object that changed, and then waits until all are as Flux's health checks want them.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
)

func main() {
	if err := sync(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func sync(ctx context.Context) error {
	objects, err := ssautil.ReadObjects(os.Stdin)
	if err != nil {
		return err
	}
	if err := normalize.UnstructuredList(objects); err != nil {
		return err
	}
	rest, err := config.GetConfig()
	if err != nil {
		return err
	}
	cluster, err := client.New(rest, client.Options{})
	if err != nil {
		return err
	}
	poller := polling.NewStatusPoller(cluster, cluster.RESTMapper(), polling.Options{})
	manager := ssa.NewResourceManager(cluster, poller, ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"})

	options := ssa.DefaultApplyOptions()
	options.ForceSelector = map[string]string{"kustomize.toolkit.fluxcd.io/force": "enabled"}
	changes, err := manager.ApplyAllStaged(ctx, objects, options)
	if err != nil {
		return err
	}
	for _, change := range changes.Entries {
		if change.Action != ssa.UnchangedAction {
			fmt.Println(change.String())
		}
	}
	return manager.Wait(objects, ssa.WaitOptions{Interval: time.Second, Timeout: 3 * time.Minute})
}
