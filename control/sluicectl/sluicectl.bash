# SPDX-License-Identifier: BSD-3-Clause
# bash completion for sluicectl: the words come from the program itself, values (partners, streams) from the running
# relay, which is asked for a second at most.
_sluicectl() {
	local word=${COMP_WORDS[COMP_CWORD]} i candidate
	local -a before=() options=()

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket)
			((i + 1 < COMP_CWORD)) && options=(-s "${COMP_WORDS[i + 1]}")
			((i++)) ;;
		-f | --file) ((i++)) ;;
		-[jqex]* | --json | --quiet | --errexit | --xtrace) ;;
		*) before+=("${COMP_WORDS[i]}") ;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-s | --socket | -f | --file)
		compopt -o default
		return ;;
	esac
	if [[ ${#before[@]} -eq 0 && $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "-s -j -q -f -e -x --socket --json --quiet --file --errexit --xtrace
			--help --commands --version" -- "$word")
		return
	fi
	while IFS= read -r candidate; do
		case $candidate in
		FILE) compopt -o default ;; # bash's own: file names
		[A-Z]*) ;;                  # a type without values
		"$word"*) COMPREPLY+=("$candidate") ;;
		esac
	done < <("${COMP_WORDS[0]}" "${options[@]}" --values --complete "${before[@]}" 2> /dev/null)
}
complete -F _sluicectl sluicectl
