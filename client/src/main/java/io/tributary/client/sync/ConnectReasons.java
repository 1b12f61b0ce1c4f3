package io.tributary.client.sync;

import io.netty.handler.ssl.NotSslRecordException;
import io.tributary.core.session.RemoteUrl;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.UpgradeRejectedException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in words why there is no connection, without credentials. */
final class ConnectReasons {
  private static final int SHOWN_LENGTH = 120;

  private ConnectReasons() {}

  /** For a WebSocket. */
  static String of(Throwable cause, RemoteUrl url, boolean tokenGiven) {
    if (cause instanceof UpgradeRejectedException refusal) {
      return ofStatus(refusal.getStatus(), refusal.getBody(), tokenGiven);
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (deepest(t) instanceof NotSslRecordException) {
        return "the server speaks no TLS on this port; try ws:// instead of wss://";
      }
      if (t instanceof SSLException) {
        return "TLS failed: " + deepest(t).getMessage();
      }
      if (t instanceof HttpClosedException) {
        return "the server closed the connection instead of answering"
            + (url.tls() ? "" : "; if the port speaks TLS, use wss://");
      }
    }
    return of(cause, url.host(), url.port());
  }

  /** For TCP. */
  static String of(Throwable cause, String host, int port) {
    String at = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof UnknownHostException) {
        return "no such host: " + host;
      }
      if (t instanceof TimeoutException
          || (t instanceof ConnectException
              && String.valueOf(t.getMessage()).contains("timed out"))) {
        return "nobody answers at " + at;
      }
      if (t instanceof ConnectException) {
        return "connection refused: nothing listens at " + at;
      }
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** The one that says what was wrong. */
  private static Throwable deepest(Throwable cause) {
    Throwable deepest = cause;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest;
  }

  private static String ofStatus(int status, @Nullable Buffer body, boolean tokenGiven) {
    String reason = switch (status) {
      case 400 -> "the path must end in a valid tenant: /event-log/TENANT";
      case 401 ->
        tokenGiven
            ? "the hub does not take this token for this tenant"
            : "the hub wants a token for this tenant";
      case 403 -> "the hub refuses this host name or origin";
      case 404 -> "no event log at this path; a hub has it at /event-log/TENANT";
      case 426 ->
        "the hub saw no upgrade; a proxy in front must pass the headers Upgrade and Connection on";
      case 502, 504 -> "a proxy in front does not reach the hub";
      case 503 -> "the hub is full, starting or stopping";
      default -> "no hub answers like this";
    };
    String said = shown(body);
    return "HTTP " + status + (said.isEmpty() ? "" : " \"" + said + "\"") + ": " + reason;
  }

  /** The first line of what the server said, which is not ours to trust. */
  private static String shown(@Nullable Buffer body) {
    String text = body == null ? "" : body.toString();
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && shown.length() < SHOWN_LENGTH; i++) {
      char c = text.charAt(i);
      if (c < ' ') {
        break;
      }
      shown.append(c < 127 ? c : '?');
    }
    return shown.toString();
  }
}
