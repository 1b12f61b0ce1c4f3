package io.tributary.client.sync;

import io.tributary.core.session.RemoteUrl;
import java.net.URI;
import java.net.URISyntaxException;

/** Where a remote's URL leads. */
sealed interface RemoteTarget {
  /** A WebSocket. */
  record Socket(RemoteUrl url) implements RemoteTarget {
    @Override
    public String toString() {
      return url.toString();
    }
  }

  /** A TCP listener. */
  record Tcp(String host, int port) implements RemoteTarget {
    @Override
    public String toString() {
      return "tcp://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /**
   * Reads the URL of options.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static RemoteTarget of(RemoteOptions options) {
    String url = options.url();
    if (!url.regionMatches(true, 0, "tcp:", 0, 4)) {
      return new Socket(
          options.provider() == Preset.BUN && options.tenant() == null
              ? RemoteUrl.withoutTenant(url)
              : RemoteUrl.build(url, options.tenant()));
    }
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("found " + shown(url) + ", allowed: tcp://HOST:PORT", e);
    }
    String host = uri.getHost();
    String path = uri.getRawPath();
    if (host == null
        || uri.getPort() < 1
        || uri.getPort() > 65_535
        || (path != null && !path.isEmpty() && !path.equals("/"))
        || uri.getRawQuery() != null
        || uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException("found " + shown(url) + ", allowed: tcp://HOST:PORT");
    }
    return new Tcp(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host, uri.getPort());
  }

  /** A URL for messages: what may be a credential is cut off. */
  static String shown(String url) {
    int end = url.indexOf('?');
    String shown = end < 0 ? url : url.substring(0, end) + "?...";
    return shown.replaceAll("//[^/@]*@", "//...@").replaceAll("\\p{Cntrl}", "?");
  }
}
