//! The real servers: each container a process, and each pod ready when its probes say so.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use testbed::{Container, Group, Kubernetes, Node, Pod, Ports, Process, Running, Serving};

use crate::{binaries::Binaries, images::StandIn, programs::Programs};

/// What runs, and all that it needs to.
pub(crate) struct Servers<'a> {
    pub(crate) kubernetes: &'a Kubernetes,
    pub(crate) node: &'a Node,
    pub(crate) ports: Ports,
    pub(crate) binaries: &'a Binaries,
    pub(crate) programs: &'a Programs,
    pub(crate) group: &'a Group,
    pub(crate) logs: PathBuf,
    /// By the pods' names.
    pub(crate) stages: BTreeMap<String, Stage<'a>>,
}

/// How far a pod is.
pub(crate) enum Stage<'a> {
    /// One of the init containers, by its position.
    Initialising(usize, Running<'a>),
    /// All its containers, by their names.
    Started(Vec<(String, Serving)>),
}

impl<'a> Servers<'a> {
    /// The process of a container, not started yet.
    pub(crate) fn process(&self, pod: &Pod, container: &Container) -> Result<Process<'a>> {
        let image = container.image();
        let program = match StandIn::for_image(image) {
            Some(StandIn::Binary(binary)) => self.binaries.path(binary),
            _ => {
                let program = self.programs.path(image);
                let program = program.with_context(|| format!("{}: no program", pod.manifest))?;
                program.display().to_string()
            }
        };
        let process = pod.process_on(self.node, self.kubernetes, container, &program);
        let process = process.map_err(|cause| anyhow!(cause))?;
        Ok(process.within(self.group)?)
    }

    /// Starts what is next of a pod whose gate is open. Why it isn't ready yet, or nothing if it
    /// is.
    pub(crate) fn advance(&mut self, pod: &Pod) -> Result<Option<String>> {
        let position = match self.stages.get_mut(&pod.owners()) {
            None => 0,
            Some(Stage::Initialising(position, process)) => {
                let Some(outcome) = process.ended() else {
                    return Ok(Some(
                        process.log().lines().last().unwrap_or_default().into(),
                    ));
                };
                if outcome.code != 0 {
                    bail!(
                        "{}{} ended with {}:\n{}",
                        pod.owners(),
                        position,
                        outcome.code,
                        outcome.log
                    );
                }
                *position + 1
            }
            Some(Stage::Started(_)) => {
                self.check(pod)?;
                return Ok((!pod.is_ready(self.node)).then(|| "isn't ready".into()));
            }
        };
        let stage = match pod.init_containers().get(position) {
            Some(container) => {
                let process = self.process(pod, container)?;
                Stage::Initialising(position, process.start())
            }
            None => {
                self.ports.release(&pod.owners());
                let containers = pod.containers().iter();
                Stage::Started(
                    containers
                        .map(|it| self.serve(pod, it))
                        .collect::<Result<_>>()?,
                )
            }
        };
        self.stages.insert(pod.owners(), stage);
        Ok(Some("starts".into()))
    }

    fn serve(&self, pod: &Pod, container: &Container) -> Result<(String, Serving)> {
        let name = container.name();
        let folder = self.node.own(&pod.namespace, &pod.name, name)?;
        let process = self.process(pod, container)?.in_folder(&folder);
        let started = process.serve(&self.log(pod, name));
        let started = started.with_context(|| format!("{}: starting {name}", pod.manifest))?;
        Ok((name.into(), started))
    }

    /// Fails when one of the pod's containers has ended.
    pub(crate) fn check(&mut self, pod: &Pod) -> Result<()> {
        let Some(Stage::Started(containers)) = self.stages.get_mut(&pod.owners()) else {
            return Ok(());
        };
        let ended =
            |(name, process): &mut (String, Serving)| Some((name.clone(), process.ended()?));
        let Some((name, code)) = containers.iter_mut().find_map(ended) else {
            return Ok(());
        };
        let log = self.log(pod, &name);
        let how = code.map_or("was killed".into(), |code| format!("ended with {code}"));
        let container = pod.containers().iter().find(|it| it.name() == name);
        let (image, tag) = container
            .map(|it| (it.image(), it.tag()))
            .unwrap_or_default();
        let program = self.programs.path(image).map(Path::display);
        let age = program.map_or(String::new(), |program| {
            format!(
                " ({program} in the place of {image} {tag}: take it off the PATH if it is older)"
            )
        });
        let (namespace, pod) = (&pod.namespace, &pod.name);
        bail!("{namespace}/{pod}: {name} {how}{age}:\n{}", end_of(&log))
    }

    fn log(&self, pod: &Pod, container: &str) -> PathBuf {
        let (namespace, name) = (&pod.namespace, &pod.name);
        self.logs
            .join(format!("{namespace}.{name}.{container}.log"))
    }
}

/// The last lines of a file.
fn end_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

const LINES: usize = 5;
