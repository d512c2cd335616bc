//! The methods of sessions, whatever HTTP client they send over.

/// The methods that all sessions have, whatever client they send over.
macro_rules! shared_methods {
    () => {
        /// The same session with the token of one subject, of [`Tokens::token_exchange`].
        ///
        /// # Errors
        /// Its tokens are not those of a token exchange.
        pub fn for_subject(&self, subject: SubjectToken) -> Result<Self, Error> {
            Ok(Self {
                tokens: self.tokens.for_subject(subject)?,
                ..self.clone()
            })
        }

        /// The tokens behind it.
        #[must_use]
        pub fn tokens(&self) -> &Tokens {
            &self.tokens
        }

        /// A GET. `things` below `https://api.example/v1` is `https://api.example/v1/things`; a path with
        /// a slash in front begins at the root of the origin, and an absolute URL is used as it is.
        pub fn get(&self, path: &str) -> RequestBuilder {
            self.request(Method::GET, path)
        }

        /// A HEAD.
        pub fn head(&self, path: &str) -> RequestBuilder {
            self.request(Method::HEAD, path)
        }

        /// A POST.
        pub fn post(&self, path: &str) -> RequestBuilder {
            self.request(Method::POST, path)
        }

        /// A PUT.
        pub fn put(&self, path: &str) -> RequestBuilder {
            self.request(Method::PUT, path)
        }

        /// A PATCH.
        pub fn patch(&self, path: &str) -> RequestBuilder {
            self.request(Method::PATCH, path)
        }

        /// A DELETE.
        pub fn delete(&self, path: &str) -> RequestBuilder {
            self.request(Method::DELETE, path)
        }

        /// An OPTIONS.
        pub fn options(&self, path: &str) -> RequestBuilder {
            self.request(Method::OPTIONS, path)
        }

        /// A request of any method.
        pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
            let url = self.base.join(path);
            RequestBuilder::new(self.tokens.clone(), self.sender.clone(), method, url)
        }
    };
}

pub(crate) use shared_methods;
