package io.tributary.server.cli;

import io.netty.handler.ssl.NotSslRecordException;
import io.tributary.core.session.RemoteUrl;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Says what a failure means and what to do about it. */
final class DiagnoseReasons {
  private static final int SHOWN_LENGTH = 120;

  private DiagnoseReasons() {}

  /** Why there is no connection. */
  static String ofConnect(Throwable cause, RemoteUrl url, boolean tokenGiven) {
    if (cause instanceof UpgradeRejectedException refusal) {
      return ofStatus(refusal.getStatus(), refusal.getBody(), url, tokenGiven);
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof UnknownHostException) {
        return "no such host: " + url.host();
      }
      if (t instanceof NotSslRecordException) {
        return "the server speaks no TLS on this port; try ws:// instead of wss://";
      }
      if (t instanceof SSLException && t.getCause() == null) {
        return "TLS failed: "
            + t.getMessage()
            + "; the certificate must be valid for "
            + url.host()
            + " and come from an authority that this Java trusts"
            + " (-Djavax.net.ssl.trustStore=FILE)";
      }
      if (t instanceof HttpClosedException) {
        return "the server closed the connection instead of answering"
            + (url.tls() ? "" : "; if the port speaks TLS, use wss://");
      }
      if (t instanceof TimeoutException) {
        return "no answer in time from "
            + url.authority()
            + "; a firewall may be dropping packets, or the server is stuck";
      }
      if (t instanceof ConnectException && String.valueOf(t.getMessage()).contains("timed out")) {
        return "nobody answers at " + url.authority() + "; is a firewall dropping packets?";
      }
      if (t instanceof ConnectException) {
        return "connection refused: nothing listens at "
            + url.authority()
            + "; is the hub running, on this address and port?";
      }
    }
    return String.valueOf(cause.getMessage());
  }

  private static String ofStatus(int status, Buffer body, RemoteUrl url, boolean tokenGiven) {
    String reason = switch (status) {
      case 400 -> "the path must end in a valid tenant: /event-log/TENANT";
      case 401 ->
        tokenGiven
            ? "the hub does not take this token for this tenant; its log says why"
            : "the hub wants a token: pass --token";
      case 403 ->
        "the hub refuses this origin or host name: list "
            + url.host()
            + " in hosts, or let the proxy in front pass Host on and add no Origin";
      case 404 -> "no event log at this path; a hub has it at /event-log/TENANT";
      case 426 ->
        "the hub saw no upgrade; a proxy in front must pass the headers Upgrade and Connection on";
      case 502, 504 -> "a proxy in front does not reach the hub";
      case 503 -> "the hub is full, starting or stopping; /readyz says which";
      default -> "no hub answers like this; is it another server, or a proxy in front?";
    };
    String said = shown(body);
    return "HTTP " + status + (said.isEmpty() ? "" : " \"" + said + "\"") + ": " + reason;
  }

  private static String shown(Buffer body) {
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

  /** Why a connection ended. */
  static String ofClose(WebSocket socket) {
    Short code = socket.closeStatusCode();
    if (code == null) {
      return "the connection was cut";
    }
    String reason = switch (code.intValue()) {
      case 1001, 1012 -> "the hub is stopping";
      case 1007 -> "the hub could not read what it got; does something in between change frames?";
      case 1008 -> "not allowed: the token may be read-only or for certain identities only";
      case 1011 -> "the hub failed; its log says why";
      case 1013 -> "the hub has no memory to spare";
      default -> "closed by the server";
    };
    String said = socket.closeReason();
    return reason + " (close code " + code + (said == null || said.isEmpty() ? "" : " " + said)
        + ")";
  }
}
