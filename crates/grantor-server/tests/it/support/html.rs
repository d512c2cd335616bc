//! Forms in HTML.

/// The form of a page, as a browser reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) inputs: Vec<(String, String)>,
    pub(crate) buttons: Vec<(String, String)>,
}

impl Form {
    /// The only form of a page.
    #[track_caller]
    pub(crate) fn of(html: &str) -> Self {
        let tags: Vec<&str> = html
            .split('<')
            .skip(1)
            .map(|t| t.split('>').next().unwrap())
            .collect();
        let named = |name: &str| {
            let found = tags
                .iter()
                .filter(|tag| tag.split(' ').next() == Some(name));
            found.copied().collect::<Vec<&str>>()
        };
        let forms = named("form");
        assert_eq!(forms.len(), 1, "{html}");
        assert_eq!(attribute(forms[0], "method").as_deref(), Some("post"));
        let pairs = |tag: &str| {
            let pair = |tag: &&str| {
                Some((
                    attribute(tag, "name")?,
                    attribute(tag, "value").unwrap_or_default(),
                ))
            };
            named(tag).iter().filter_map(pair).collect()
        };
        Self {
            action: attribute(forms[0], "action").unwrap(),
            inputs: pairs("input"),
            buttons: pairs("button"),
        }
    }

    pub(crate) fn input(&self, name: &str) -> &str {
        super::value(&self.inputs, name).unwrap()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split_once('"')?.0))
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').unwrap();
        let number = entity.strip_prefix('#').map(|n| n.parse::<u32>().unwrap());
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            _ => char::from_u32(number.unwrap()).unwrap(),
        });
        out.push_str(rest);
    }
    out
}
