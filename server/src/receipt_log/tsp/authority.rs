//! A real time-stamping authority for tests: OpenSSL's, with certificates made for the run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority with a root of its own.
pub(crate) struct OpenSsl {
    dir: tempfile::TempDir,
}

const EXTENSIONS: &str = "[stamp]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n\
    extendedKeyUsage=critical,timeStamping\n[other]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=critical,codeSigning\n\
    [both]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=critical,timeStamping,codeSigning\n";

impl OpenSsl {
    /// With a key of this kind, such as `ec -pkeyopt ec_paramgen_curve:P-256`, and this digest.
    pub(crate) fn new(key: &str, digest: &str, ess: &str) -> Self {
        let made = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::write(made.path("ext.cnf"), EXTENSIONS).unwrap();
        made.run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=Root -days 2");
        made.certify("tsa", key, "stamp");
        made.configure(digest, ess, "sha256, sha384, sha512");
        made
    }

    /// The usual one.
    pub(crate) fn usual() -> Self {
        Self::new("ec -pkeyopt ec_paramgen_curve:P-256", "sha256", "sha256")
    }

    /// Another certificate by the same root.
    pub(crate) fn certify(&self, name: &str, key: &str, purpose: &str) {
        self.run(&format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        self.run(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out {name}.pem -extfile ext.cnf \
             -extensions {purpose}"
        ));
    }

    /// Which digests it takes.
    pub(crate) fn configure(&self, digest: &str, ess: &str, takes: &str) {
        let text = format!(
            "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\n\
             signer_digest = {digest}\ndefault_policy = 1.2.3.4.1\ndigests = {takes}\naccuracy = secs:1\n\
             ess_cert_id_chain = no\ness_cert_id_alg = {ess}\n"
        );
        std::fs::write(self.path("tsa.cnf"), text).unwrap();
    }

    /// Answers a question.
    pub(crate) fn reply(&self, query: &[u8]) -> Vec<u8> {
        std::fs::write(self.path("query.tsq"), query).unwrap();
        self.run("ts -reply -config tsa.cnf -queryfile query.tsq -out reply.tsr");
        std::fs::read(self.path("reply.tsr")).unwrap()
    }

    /// Signs content of a token by any certificate; `more` are further options of `openssl cms`.
    pub(crate) fn sign(&self, content: &[u8], name: &str, more: &str) -> Vec<u8> {
        std::fs::write(self.path("content"), content).unwrap();
        self.run(&format!(
            "cms -sign -binary -nodetach -nosmimecap -econtent_type 1.2.840.113549.1.9.16.1.4 -md sha256 -in content \
             -signer {name}.pem -inkey {name}.key -outform DER -out token {more}"
        ));
        std::fs::read(self.path("token")).unwrap()
    }

    /// What `openssl ts -verify` says.
    pub(crate) fn verify(&self, data: &[u8], answer: &[u8]) -> bool {
        std::fs::write(self.path("data"), data).unwrap();
        std::fs::write(self.path("answer.tsr"), answer).unwrap();
        self.try_run("ts -verify -data data -in answer.tsr -CAfile ca.pem").0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, args: &str) {
        let (ok, said) = self.try_run(args);
        assert!(ok, "openssl {args}: {said}");
    }

    fn try_run(&self, args: &str) -> (bool, String) {
        let dir: &Path = self.dir.path();
        let output = Command::new("openssl").args(args.split_whitespace()).current_dir(dir).output();
        let output = output.expect("these tests need openssl; cargo xtask test installs it");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
