"""TLS in front of a plain HTTP server; says its port.

    python tls_proxy.py CERTIFICATE KEY SERVER
"""

import http.server
import ssl
import sys
import urllib.error
import urllib.request

_, certificate, key, server = sys.argv
SKIPPED = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "connection"}}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(server + self.path, body, headers))
        except urllib.error.HTTPError as refused:
            answer = refused
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in SKIPPED:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
listener.socket = context.wrap_socket(listener.socket, server_side=True)
print(listener.server_port, flush=True)
listener.serve_forever()
