//! How to get to a remote store: one flag for each setting, so that there is one table of them.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, error::ErrorKind};
use snaprepo_cloud::{Key, Origin, Settings, Shape};

/// What flags say about a remote store.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoreArgs {
    /// The settings that were given.
    pub settings: Settings,
}

/// Every setting but the width: that is `--concurrency`, for local repositories, too.
fn keys() -> impl Iterator<Item = Key> {
    Key::all().filter(|key| *key != Key::Width)
}

fn flag(key: Key) -> Arg {
    let arg = Arg::new(key.name())
        .long(key.name())
        .global(true)
        .action(ArgAction::Set)
        .value_parser(move |value: &str| {
            Settings::default()
                .set(key, value, Origin::Flag)
                .map(|()| value.to_owned())
                .map_err(|error| error.to_string())
        })
        .help_heading("Remote stores")
        .hide_short_help(true)
        .help(sentence(key.help()));
    match key.shape() {
        // `--anonymous` alone is enough; its value must not be the next word.
        Shape::Flag => arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("BOOL"),
        Shape::OneOf(words) => arg.value_name("WORD").help(format!("{}: {}", sentence(key.help()), words.join(", "))),
        Shape::Text => arg.value_name("TEXT"),
        Shape::Number => arg.value_name("N"),
        Shape::Size => arg.value_name("BYTES"),
        Shape::Time => arg.value_name("TIME"),
    }
}

/// Help begins with a capital.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl FromArgMatches for StoreArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut settings = Settings::default();
        for key in keys() {
            if let Some(value) = matches.get_one::<String>(key.name()) {
                settings
                    .set(key, value, Origin::Flag)
                    .map_err(|error| Error::raw(ErrorKind::ValueValidation, format!("{error}\n")))?;
            }
        }
        Ok(Self { settings })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let newer = Self::from_arg_matches(matches)?;
        self.settings = newer.settings.or(&self.settings);
        Ok(())
    }
}

impl Args for StoreArgs {
    fn augment_args(command: Command) -> Command {
        keys().fold(command, |command, key| command.arg(flag(key)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
