// Holds the rules and the dashboard of config/components/monitoring to a Prometheus that scrapes a stack: each of their
// metrics is there, no rule fires, and each panel shows something. Grafana's own types say whether it can load the dashboard.
//
//	monitoring RULES DASHBOARD [PROMETHEUS]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	grafana "github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// A query, and who asks it.
type query struct {
	owner, expr string
	metrics     []string
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: monitoring RULES DASHBOARD [PROMETHEUS]")
	}
	alerts, err := alerts(args[0])
	if err != nil {
		return err
	}
	panels, err := panels(args[1])
	if err != nil {
		return err
	}
	fmt.Printf("%d alerts, %d queries of panels: read\n", len(alerts), len(panels))
	if len(args) == 2 {
		return nil
	}
	client, err := api.NewClient(api.Config{Address: args[2]})
	if err != nil {
		return err
	}
	prometheus := v1.NewAPI(client)
	problems := missing(prometheus, append(alerts, panels...))
	for _, alert := range alerts {
		if rows, err := ask(prometheus, alert); err != nil || rows > 0 {
			problems = append(problems, fmt.Errorf("%s fires in a healthy stack: %d times, %v", alert.owner, rows, err))
		}
	}
	for _, panel := range panels {
		if rows, err := ask(prometheus, panel); err != nil || rows == 0 {
			problems = append(problems, fmt.Errorf("%s shows nothing: %s: %v", panel.owner, panel.expr, err))
		}
	}
	return errors.Join(problems...)
}

func alerts(file string) ([]query, error) {
	groups, failures := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	if len(failures) > 0 {
		return nil, errors.Join(failures...)
	}
	var alerts []query
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			query, err := parse(rule.Alert, rule.Expr)
			if err != nil {
				return nil, err
			}
			alerts = append(alerts, query)
		}
	}
	return alerts, nil
}

func panels(file string) ([]query, error) {
	plugins.RegisterDefaultPlugins()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var board dashboard.Dashboard
	// It names what Grafana doesn't know, in a list that isn't nil when it is empty, and leaves panels out all the same.
	if err := board.UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := json.Unmarshal(text, &board); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := board.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var panels []query
	for _, panel := range board.Panels {
		for _, target := range panel.Panel.Targets {
			asked, ok := target.(*grafana.Dataquery)
			if !ok {
				return nil, fmt.Errorf("%s: %q asks somebody else than Prometheus", file, *panel.Panel.Title)
			}
			query, err := parse(*panel.Panel.Title, asked.Expr)
			if err != nil {
				return nil, err
			}
			panels = append(panels, query)
		}
	}
	return panels, nil
}

func parse(owner, expr string) (query, error) {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return query{}, fmt.Errorf("%s: %w", owner, err)
	}
	asked := query{owner: owner, expr: expr}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			asked.metrics = append(asked.metrics, selector.Name)
		}
		return nil
	})
	return asked, nil
}

// Each metric that a query names, and no server of the stack has.
func missing(prometheus v1.API, queries []query) (problems []error) {
	names, _, _, err := prometheus.LabelValues(context.Background(), model.MetricNameLabel, nil, time.Time{}, time.Now())
	if err != nil {
		return []error{err}
	}
	for _, query := range queries {
		for _, metric := range query.metrics {
			if !slices.Contains(names, model.LabelValue(metric)) {
				problems = append(problems, fmt.Errorf("%s: no server has %s", query.owner, metric))
			}
		}
	}
	return problems
}

// How many rows the answer has.
func ask(prometheus v1.API, query query) (int, error) {
	value, _, _, err := prometheus.Query(context.Background(), query.expr, time.Now())
	if err != nil {
		return 0, err
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return 0, fmt.Errorf("a %s", value.Type())
	}
	return len(vector), nil
}
