//! The API over HTTP: who asks, for what, and whether they may.

use std::sync::{Arc, Mutex};

use http_body_util::Full;
use hyper::{
    Method, Request, Response,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tonic::body::Body;

use super::{
    State,
    access::{Action, User, authorize},
    kind::{Kind, Object},
    rules,
    status::Failure,
};
use crate::{gates::Written, issuer::Bearer, server::Service};

/// The API over the objects of a cluster.
pub(super) struct Api(pub(super) Arc<Mutex<State>>);

impl Service for Api {
    fn name(&self, request: &Request<Bytes>) -> String {
        let Some(action) = action(request) else {
            return format!("{} {}", request.method(), request.uri().path());
        };
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let named = body["metadata"]["name"].as_str();
        let name = named.unwrap_or(&action.name);
        let resource = action.kind.resource;
        match action.kind.namespaced {
            true => format!("{} {resource} {}/{name}", action.verb, action.namespace),
            false => format!("{} {resource} {name}", action.verb),
        }
    }

    async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        if let (&Method::GET, "/token", Some(token)) =
            (request.method(), request.uri().path(), self.token())
        {
            return Response::new(Body::new(Full::new(token.into())));
        }
        match self.perform(&request) {
            Ok((code, answer)) => respond(code, &answer),
            Err(failure) => respond(failure.code, &failure.to_json()),
        }
    }

    fn fault(&self, status: u16) -> Response<Body> {
        respond(status, &Failure::fault(status).to_json())
    }
}

impl Api {
    /// A token about the account that a pod has of itself, for whoever asks an issuer.
    fn token(&self) -> Option<String> {
        let state = self.0.lock().expect("no request panicked");
        let issuer = state.issuer.as_ref()?;
        Some(issuer.token(&Bearer::default()))
    }

    fn perform(&self, request: &Request<Bytes>) -> Result<(u16, Value), Failure> {
        let state = &mut *self.0.lock().expect("no request panicked");
        let issuer = state.issuer.as_ref();
        let document = issuer.and_then(|issuer| issuer.document(request.uri().path()));
        if let (Some(document), &Method::GET) = (document, request.method()) {
            return Ok((200, document));
        }
        let user = match request.headers().get(AUTHORIZATION) {
            None => User::Anonymous,
            Some(value) => value
                .to_str()
                .ok()
                .and_then(|value| value.strip_prefix("Bearer "))
                .and_then(|token| state.tokens.get(token).cloned())
                .ok_or_else(Failure::unauthorized)?,
        };
        let action = action(request).ok_or_else(Failure::unknown_path)?;
        let store = &mut state.store;
        authorize(store, &user, &action)?;
        let (verb, kind, name) = (action.verb, action.kind, action.name);
        if !kind.verbs.contains(&verb) {
            return Err(Failure::not_allowed(kind, verb));
        }
        // A Namespace is in no namespace; only RBAC takes it to be in itself.
        let namespace = match kind.namespaced {
            true => action.namespace,
            false => String::new(),
        };
        match verb {
            "get" => Ok((200, json!(store.get(kind, &namespace, &name)?))),
            "list" => Ok((200, store.list(kind, &namespace))),
            "create" => {
                let object = read(kind, request)?;
                admit(&state.wanted_labels, &namespace, &object)?;
                let object = store.create(kind, &namespace, object)?;
                state.written.push(written(object));
                Ok((201, json!(object)))
            }
            "update" => {
                let object = read(kind, request)?;
                admit(&state.wanted_labels, &namespace, &object)?;
                let object = store.replace(kind, &namespace, &name, object)?;
                state.written.push(written(object));
                Ok((200, json!(object)))
            }
            _ => Ok((200, store.delete(kind, &namespace, &name)?)),
        }
    }
}

/// What a request asks for, if it is among what is known here.
fn action(request: &Request<Bytes>) -> Option<Action> {
    // This API knows no other way to validate fields.
    if !matches!(
        request.uri().query(),
        None | Some("" | "fieldValidation=Strict")
    ) {
        return None;
    }
    let path: Vec<&str> = request.uri().path().split('/').collect();
    let (group, path) = match path.as_slice() {
        ["", "api", "v1", path @ ..] => ("", path),
        ["", "apis", group, "v1", path @ ..] => (*group, path),
        _ => return None,
    };
    let (resource, namespace, name) = match *path {
        ["namespaces"] => ("namespaces", "", ""),
        ["namespaces", name] => ("namespaces", name, name),
        ["namespaces", namespace, resource] => (resource, namespace, ""),
        ["namespaces", namespace, resource, name] => (resource, namespace, name),
        _ => return None,
    };
    let verb = match (request.method(), name) {
        (&Method::GET, "") => "list",
        (&Method::GET, _) => "get",
        (&Method::POST, "") => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, "") => "deletecollection",
        (&Method::DELETE, _) => "delete",
        _ => return None,
    };
    Some(Action {
        verb,
        kind: Kind::served(group, resource)?,
        namespace: namespace.into(),
        name: name.into(),
    })
}

fn read(kind: &Kind, request: &Request<Bytes>) -> Result<Object, Failure> {
    let object = serde_json::from_slice(request.body());
    let object = object.map_err(|cause| Failure::bad_request(cause.to_string()))?;
    let object = kind.decode(object)?;
    rules::check_encoding(kind, &object)?;
    Ok(object)
}

/// Fails as kyverno's webhook does, in its words.
fn admit(wanted: &[String], namespace: &str, object: &Object) -> Result<(), Failure> {
    let metadata = &object.metadata;
    let lacks = |label: &&String| metadata.labels.get(*label).is_none_or(String::is_empty);
    let Some(label) = wanted.iter().find(lacks) else {
        return Ok(());
    };
    let (kind, name) = (&object.kind, &metadata.name);
    Err(Failure::bad_request(format!(
        "admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource \
         {kind}/{namespace}/{name} was blocked due to the following policies \n\nrequire-labels:\n  \
         check-for-labels: 'validation error: The label `{label}` is required. rule check-for-labels failed \
         at path /metadata/labels/'"
    )))
}

fn written(object: &Object) -> Written {
    let entries = object.data.iter().chain(&object.binary_data);
    let filled = entries.filter(|(_, value)| !value.is_empty());
    Written {
        kind: object.kind.clone(),
        namespace: object.metadata.namespace.clone(),
        name: object.metadata.name.clone(),
        entries: filled.map(|(key, _)| key.clone()).collect(),
    }
}

fn respond(code: u16, answer: &Value) -> Response<Body> {
    let body = Full::new(Bytes::from(answer.to_string()));
    let response = Response::builder()
        .status(code)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::new(body));
    response.expect("a status and a header that exist")
}
