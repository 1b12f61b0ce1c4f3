package io.tributary.server.it;

/** A command that a client refused or failed, or a client that ended; the message carries its last lines. */
final class NpmClientException extends RuntimeException {
  NpmClientException(String message) {
    super(message);
  }
}
