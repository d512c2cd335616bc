/// The methods of a session that are named as those of HTTP, beside its `request`.
macro_rules! verbs {
    () => {
        /// A GET. `things` below `https://api.example/v1` is `https://api.example/v1/things`; a path with
        /// a slash in front begins at the root of the origin, and an absolute URL stands for itself.
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
    };
}

pub(crate) use verbs;
