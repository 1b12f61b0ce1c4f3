package io.tributary.server.admin;

import io.tributary.server.config.AdminConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The token of the admin listener, and the files about it. Everything here blocks.
 *
 * <p>The token file is made with mode 600, there is no moment at which others may read it. One that
 * is there is used as it is, unless everybody may read it or others than its owner may write it: then
 * it may have been known to others, or chosen by them, all along.
 */
final class AdminToken {
  private static final int RANDOM_BYTES = 32;
  private static final int LONGEST = 1024;
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{16,512}");
  private static final Set<PosixFilePermission> UNSAFE = EnumSet.of(
      PosixFilePermission.OTHERS_READ,
      PosixFilePermission.OTHERS_WRITE,
      PosixFilePermission.GROUP_WRITE);

  private AdminToken() {}

  /**
   * The configured token, else the one in the token file, which is made if it isn't there.
   *
   * @throws IOException if there is no way to a token; the message says why and what helps
   */
  static String resolve(AdminConfig config) throws IOException {
    String configured = config.token();
    if (configured != null) {
      return configured;
    }
    Path file = config.tokenFile();
    if (file == null) {
      throw new IOException("there is no place for a token: set admin.token or admin.tokenFile");
    }
    try {
      makeParent(file);
    } catch (IOException e) {
      throw new IOException("admin.tokenFile " + file + " can't be made: " + why(e), e);
    }
    try {
      return create(file);
    } catch (FileAlreadyExistsException e) {
      return read(file);
    } catch (IOException e) {
      throw new IOException("admin.tokenFile " + file + " can't be made: " + why(e), e);
    }
  }

  /**
   * Replaces the file {@code admin-url} beside the token file.
   *
   * @return that file
   */
  static Path writeUrl(Path tokenFile, String url) throws IOException {
    makeParent(tokenFile);
    Path file = urlFile(tokenFile);
    Path fresh = Files.createTempFile(
        Objects.requireNonNull(file.toAbsolutePath().getParent()), "admin-url", ".tmp");
    try {
      Files.writeString(fresh, url + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
    return file;
  }

  /** Removes {@code file} if it still holds {@code url}: another hub may have replaced it. */
  static void removeUrl(Path file, String url) throws IOException {
    try {
      if (Files.readString(file).equals(url + "\n")) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      // gone already
    }
  }

  static Path urlFile(Path tokenFile) {
    return tokenFile.resolveSibling("admin-url");
  }

  private static String create(Path file) throws IOException {
    byte[] random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    try (FileChannel channel = FileChannel.open(
        file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly(file))) {
      ByteBuffer bytes = ByteBuffer.wrap((token + "\n").getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    return token;
  }

  static String read(Path file) throws IOException {
    Set<PosixFilePermission> permissions;
    String token;
    try {
      permissions = isPosix(file) ? Files.getPosixFilePermissions(file) : Set.of();
      try (InputStream in = Files.newInputStream(file)) {
        token = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8).strip();
      }
    } catch (IOException e) {
      throw new IOException("admin.tokenFile " + file + " can't be read: " + why(e), e);
    }
    if (permissions.stream().anyMatch(UNSAFE::contains)) {
      throw new IOException("admin.tokenFile "
          + file
          + " has mode "
          + PosixFilePermissions.toString(permissions)
          + ", so others know or choose the token: delete it for a new one, or chmod 600 it");
    }
    if (!TOKEN.matcher(token).matches()) {
      throw new IOException("admin.tokenFile "
          + file
          + " holds no token (16 to 512 visible ASCII characters on one line): delete it for a new"
          + " one");
    }
    return token;
  }

  private static void makeParent(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    return isPosix(file)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static String why(IOException e) {
    return e.getClass().getSimpleName() + ", " + e.getMessage();
  }
}
