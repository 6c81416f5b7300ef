// Package controller has what policy-controller's TUF package takes from Knative's.
package controller

import "time"

// DefaultResyncPeriod is Knative's.
const DefaultResyncPeriod = 10 * time.Hour
