package io.tributary.server.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jars of a directory of plugins, after a look at who can have written them. Blocks. */
final class PluginFiles {
  private static final Logger logger = LoggerFactory.getLogger(PluginFiles.class);
  private static final String SERVICE = "META-INF/services/" + HubModule.class.getName();
  private static final String ROOT = "root";

  private PluginFiles() {}

  /**
   * The directory's jars by name; each is logged with its digest.
   *
   * @throws HubModuleException if others than root and the hub's own user may write them, if there is
   *     none, or one that holds no module
   */
  static List<Path> in(Path directory) {
    try {
      if (!Files.isDirectory(directory)) {
        throw new HubModuleException(
            "--plugins: " + directory + " is no directory: make it, or leave --plugins out", null);
      }
      Path real = directory.toRealPath();
      UserPrincipal self = self();
      check(real, self);
      List<Path> jars = new ArrayList<>();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(real, "*.jar")) {
        files.forEach(jars::add);
      }
      jars.sort(null);
      if (jars.isEmpty()) {
        throw new HubModuleException(
            "--plugins: there is no .jar in " + real + ": put the plugins there, or leave --plugins"
                + " out",
            null);
      }
      for (Path jar : jars) {
        if (!Files.isRegularFile(jar, LinkOption.NOFOLLOW_LINKS)) {
          throw new HubModuleException(
              jar + " is no file of its own (a link or a directory): copy the jar there", null);
        }
        check(jar, self);
        // before any of its code can run
        logger.info("plugin {} sha256={}", jar, sha256(jar));
        checkHoldsModule(jar);
      }
      return jars;
    } catch (IOException e) {
      throw new HubModuleException(
          "--plugins: " + directory + " can't be read: " + e.getMessage(), e);
    }
  }

  /** Who this process is: whose file it makes. */
  private static UserPrincipal self() throws IOException {
    Path made = Files.createTempFile("tributary", null);
    try {
      return Files.getOwner(made);
    } finally {
      Files.delete(made);
    }
  }

  private static void check(Path path, UserPrincipal self) throws IOException {
    PosixFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (UnsupportedOperationException e) {
      logger.warn("{}: who may write it can't be seen on this file system", path);
      return;
    }
    UserPrincipal owner = attributes.owner();
    if (!owner.equals(self) && !owner.getName().equals(ROOT)) {
      throw new HubModuleException(
          path + " belongs to " + owner.getName()
              + ", who could put code into the hub: chown it to " + self.getName() + " or root",
          null);
    }
    Set<PosixFilePermission> permissions = attributes.permissions();
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new HubModuleException(
          path + " may be written by others than its owner, who could put code into the hub: chmod"
              + " go-w " + path,
          null);
    }
  }

  private static void checkHoldsModule(Path jar) {
    try (JarFile file = new JarFile(jar.toFile())) {
      if (file.getEntry(SERVICE) == null) {
        throw new HubModuleException(
            jar + " holds no module, it has no " + SERVICE + ": take it out; libraries go into the"
                + " jar of the module that needs them",
            null);
      }
    } catch (IOException e) {
      throw new HubModuleException(
          jar + " can't be read as a jar: " + e.getMessage() + ": copy it again, or take it out",
          e);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        long unused = in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
