package io.tributary.server.admin;

import io.tributary.server.config.AdminConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** How a command on the hub's machine finds the admin listener and its token. Blocks. */
public final class AdminAccess {
  private AdminAccess() {}

  /**
   * What the file {@code admin-url} beside the token file says: where a hub listens, or listened if it
   * was killed.
   *
   * @throws IOException if there is such a file and it can't be used
   */
  public static Optional<URI> url(AdminConfig config) throws IOException {
    Path tokenFile = config.tokenFile();
    if (tokenFile == null) {
      return Optional.empty();
    }
    Path file = AdminToken.urlFile(tokenFile);
    try {
      return Optional.of(URI.create(Files.readString(file).strip()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " holds no URL: delete it, or give --admin", e);
    }
  }

  /**
   * The configured token, or the one in the token file, which is not made here.
   *
   * @throws IOException if there is none; the message says what helps
   */
  public static String token(AdminConfig config) throws IOException {
    String configured = config.token();
    if (configured != null) {
      return configured;
    }
    Path file = config.tokenFile();
    if (file == null || !Files.exists(file)) {
      throw new IOException("there is no admin token"
          + (file == null ? "" : " in " + file)
          + ": set admin.token, or admin.tokenFile or --data-dir as the hub has them");
    }
    return AdminToken.read(file);
  }
}
