package io.tributary.client.identity;

import io.tributary.core.crypto.Identity;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Identities in files. A file is written under another name and appears whole, with its mode, under
 * its own: nobody ever reads half of it, and of several who make it one wins.
 */
final class FileSource implements IdentitySource {
  private static final int LONGEST = 1 << 20;

  /** The group may read: secrets that an orchestrator mounts are readable by it. */
  private static final Set<PosixFilePermission> UNSAFE = EnumSet.of(
      PosixFilePermission.OTHERS_READ,
      PosixFilePermission.OTHERS_WRITE,
      PosixFilePermission.GROUP_WRITE);

  private final Vertx vertx;
  private final Path file;
  private final boolean makes;

  /** @param makes whether what isn't there is made */
  FileSource(Vertx vertx, Path file, boolean makes) {
    this.vertx = vertx;
    this.file = file;
    this.makes = makes;
  }

  @Override
  public Future<Identity> load(String log) {
    return vertx.executeBlocking(() -> find(log), false);
  }

  private Identity find(String log) {
    Optional<IdentityBundle> bundle = read(file);
    Optional<Identity> found = bundle.flatMap(identities -> identities.find(log));
    if (found.isPresent()) {
      return found.get();
    }
    boolean main = log.equals(IdentityBundle.MAIN);
    if (main && bundle.isPresent()) {
      throw new IdentityException(TextSource.missing(where(file), log, bundle.get()));
    }
    Path own = main ? file : beside(log);
    Optional<IdentityBundle> there = main ? Optional.empty() : read(own);
    if (there.isEmpty() && makes) {
      make(own);
    }
    // Not what was just made: another may have been faster.
    IdentityBundle identities = there
        .or(() -> read(own))
        .orElseThrow(() -> new IdentityException(where(own) + " is not there"));
    return identities
        .find(IdentityBundle.MAIN)
        .orElseThrow(() ->
            new IdentityException(TextSource.missing(where(own), IdentityBundle.MAIN, identities)));
  }

  private Path beside(String log) {
    return file.resolveSibling(
        file.getFileName() + "." + URLEncoder.encode(log, StandardCharsets.UTF_8));
  }

  private static String where(Path path) {
    return "the identity file " + path;
  }

  /** What a file holds; empty if it isn't there. */
  private static Optional<IdentityBundle> read(Path path) {
    String text;
    Set<PosixFilePermission> permissions;
    try {
      permissions = isPosix(path) ? Files.getPosixFilePermissions(path) : Set.of();
      try (InputStream in = Files.newInputStream(path)) {
        text = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IdentityException(where(path) + " can't be read: " + why(e), e);
    }
    if (permissions.stream().anyMatch(UNSAFE::contains)) {
      throw new IdentityException(where(path)
          + " has mode "
          + PosixFilePermissions.toString(permissions)
          + ", so others may know or replace the secret: take another identity if they could have,"
          + " and chmod 600 it");
    }
    return Optional.of(TextSource.bundle(where(path), text));
  }

  private static void make(Path path) {
    try {
      Path parent = path.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Path fresh = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
      try {
        String text = Identity.random().encodeString() + "\n";
        write(fresh, text);
        publish(fresh, path, text);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (FileAlreadyExistsException e) {
      // Another was faster, and what it made counts.
    } catch (IOException e) {
      throw new IdentityException(where(path) + " can't be made: " + why(e), e);
    }
  }

  private static void write(Path path, String text) throws IOException {
    try (FileChannel channel = FileChannel.open(
        path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly(path))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /** A link appears at once, and never replaces what is there. */
  private static void publish(Path fresh, Path path, String text) throws IOException {
    try {
      syncDirectory(Files.createLink(path, fresh));
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      // Without links a crash may leave half a file, which is refused; but it is never replaced.
      write(path, text);
    }
  }

  /** Or a crash may forget the name, and with it all that was sealed with the secret meanwhile. */
  private static void syncDirectory(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      return;
    }
    try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
      directory.force(true);
    } catch (IOException e) {
      // Not every file system can, or has to.
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path path) {
    return isPosix(path)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static String why(IOException e) {
    return e.getClass().getSimpleName() + ", " + e.getMessage();
  }
}
