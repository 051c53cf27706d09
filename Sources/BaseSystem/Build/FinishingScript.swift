/// The last step of a bootstrap: what makes a list of installed packages a base for images. It is run by sh with the
/// root of the new system as `$1`, as root or as the root of a user namespace.
struct FinishingScript {
    let options: BaseOptions
    /// Packages that the recipe names itself.
    let named: [String]
    /// Seconds since 1970.
    let date: Int

    /// Begins a line that tells which file lost its setuid or setgid bit.
    static let strippedMark = "bunsen-stripped: "

    var text: String {
        let keepsLocaleSources = named.contains("locales")
        let keepsManuals = named.contains("man-db")
        return """
            set -eu
            cd "$1"

            # The account. "*" is no password, and unlike "!" no locked account, so that keys are accepted.
            days=\(date / 86400)
            echo '\(options.user):x:\(options.userID):\(options.userID):Bunsen:/home/\(options.user):/bin/bash' >> etc/passwd
            echo '\(options.user):x:\(options.userID):' >> etc/group
            echo "\(options.user):*:$days:0:99999:7:::" >> etc/shadow
            [ ! -f etc/gshadow ] || echo '\(options.user):!::' >> etc/gshadow
            # When passwords were changed last depends on the day of the build.
            sed -i "s/^\\([^:]*:[^:]*:\\)[0-9]*:/\\1$days:/" etc/shadow
            mkdir -p home/\(options.user)
            cp -R etc/skel/. home/\(options.user)/
            chown -R \(options.userID):\(options.userID) home/\(options.user)
            chmod 0755 home/\(options.user)

            # C.UTF-8 comes with libc; this is the one for people who read and sort Chinese.
            chroot . localedef --no-archive -i zh_CN -f UTF-8 zh_CN.UTF-8
            \(keepsLocaleSources ? ":" : "rm -rf usr/share/i18n/charmaps usr/share/i18n/locales")
            printf 'LANG=C.UTF-8\\n' > etc/default/locale

            # Manuals, and messages in languages other than English and Chinese.
            \(keepsManuals ? ":" : "rm -rf usr/share/man usr/share/info usr/share/lintian")
            find usr/share/doc -mindepth 1 ! -type d ! -name copyright -delete
            find usr/share/doc -mindepth 1 -type d -empty -delete
            find usr/share/locale -mindepth 1 -maxdepth 1 -type d ! -name 'zh*' ! -name 'en*' -exec rm -rf {} +

            # What tells one build from another, or belongs to this machine only.
            rm -f etc/ssh/ssh_host_* etc/apt/sources.list etc/dpkg/dpkg.cfg.d/99mmdebstrap
            rm -f etc/apt/apt.conf.d/99mmdebstrap etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/subuid- etc/subgid-
            rm -f etc/.pwd.lock var/lib/dpkg/*-old var/cache/debconf/*-old var/cache/ldconfig/aux-cache
            rm -f var/lib/dbus/machine-id var/lib/dpkg/lock var/lib/dpkg/lock-frontend var/lib/dpkg/triggers/Lock
            rm -f var/lib/systemd/random-seed var/lib/systemd/catalog/database
            rm -rf var/backups var/lib/apt/lists var/lib/apt/mirrors var/lib/apt/periodic var/cache/apt var/cache/man
            mkdir -p var/backups
            find var/log -type f -delete
            find tmp var/tmp run -mindepth 1 -delete 2>/dev/null || :
            if [ -x usr/bin/apt ]; then
                mkdir -p var/lib/apt/lists/partial var/cache/apt/archives/partial
            else
                rm -rf var/lib/apt
                find etc/apt -type d -empty -delete 2>/dev/null || :
            fi
            [ ! -e etc/machine-id ] || : > etc/machine-id
            # An engine mounts its own over these.
            rm -f etc/resolv.conf etc/hostname etc/hosts
            : > etc/resolv.conf
            echo bunsen > etc/hostname
            printf '127.0.0.1\\tlocalhost\\n::1\\tlocalhost ip6-localhost ip6-loopback\\n' > etc/hosts
            chmod 0644 etc/resolv.conf etc/hostname etc/hosts etc/default/locale

            # Nobody becomes another user in the container, unless by a package that the recipe itself names.
            find . -xdev -type f -perm /6000 | LC_ALL=C sort | while read -r file; do
                file=${file#./}
                kept=
                for package in \(named.joined(separator: " ")); do
                    for list in "var/lib/dpkg/info/$package.list" "var/lib/dpkg/info/$package:"*.list; do
                        [ ! -f "$list" ] || ! grep -qxF -e "/$file" -e "/${file#usr/}" "$list" || kept=1
                    done
                done
                [ -z "$kept" ] || continue
                mode=$(stat -c %a "$file")
                chmod ug-s "$file"
                echo "\(Self.strippedMark)$mode /$file" >&2
            done
            """
    }
}
