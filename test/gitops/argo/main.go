// Syncs manifests from stdin as Argo CD does: with its engine, and its way to track what it syncs.
//
// It prints what became of each object, and then which of them Argo CD takes for out of sync: it would sync these again, and again.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/argoproj/gitops-engine/pkg/cache"
	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/engine"
	"github.com/argoproj/gitops-engine/pkg/sync"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	trackingID  = "argocd.argoproj.io/tracking-id"
	application = "scaffolding"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	manifests, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	objects, err := kube.SplitYAML(manifests)
	if err != nil {
		return err
	}
	for _, object := range objects {
		annotations := object.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		kind := object.GroupVersionKind()
		annotations[trackingID] = fmt.Sprintf("%s:%s/%s:%s/%s", application, kind.Group, kind.Kind, object.GetNamespace(), object.GetName())
		object.SetAnnotations(annotations)
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	live := cache.NewClusterCache(config, cache.SetPopulateResourceInfoHandler(
		func(object *unstructured.Unstructured, _ bool) (any, bool) {
			id := object.GetAnnotations()[trackingID]
			return id, id != ""
		}))
	argo := engine.NewEngine(config, live, engine.WithLogr(logr.Discard()))
	stop, err := argo.Run()
	if err != nil {
		return err
	}
	defer stop()
	ours := func(resource *cache.Resource) bool {
		id, _ := resource.Info.(string)
		return strings.HasPrefix(id, application+":")
	}
	// What isn't in the manifests any more goes, and nothing that a Job made.
	results, err := argo.Sync(ctx, objects, ours, "revision", "default", sync.WithPrune(true), sync.WithLogr(logr.Discard()))
	for _, result := range results {
		fmt.Println(result.ResourceKey.Kind, result.ResourceKey.Namespace+"/"+result.ResourceKey.Name, result.Status, result.Message)
		if err == nil && result.Status != common.ResultCodeSynced {
			err = fmt.Errorf("%s isn't synced: %s", result.ResourceKey.String(), result.Message)
		}
	}
	if err != nil {
		return err
	}
	if err := live.EnsureSynced(); err != nil {
		return err
	}
	// A watch tells the cache of what was made, each kind's in its time.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Second) {
		if err := compare(live, objects, ours); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// compare fails if what is in the cluster isn't what was synced.
func compare(live cache.ClusterCache, objects []*unstructured.Unstructured, ours func(*cache.Resource) bool) error {
	managed, err := live.GetManagedLiveObjs(objects, ours)
	if err != nil {
		return err
	}
	pairs := sync.Reconcile(objects, managed, "default", live)
	results, err := diff.DiffArray(pairs.Target, pairs.Live, diff.WithLogr(logr.Discard()))
	if err != nil {
		return err
	}
	var differing []string
	for i, result := range results.Diffs {
		if result.Modified {
			key := kube.GetResourceKey(pairs.Target[i])
			differing = append(differing, fmt.Sprintf("%s: %s instead of %s", key.String(), result.NormalizedLive, result.PredictedLive))
		}
	}
	if len(differing) > 0 {
		return fmt.Errorf("out of sync:\n%s", strings.Join(differing, "\n"))
	}
	return nil
}
