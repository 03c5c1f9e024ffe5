; Included by electron-builder's NSIS installer.

; Uninstalling leaves what a person has made, unless the person says otherwise. An update uninstalls the old version
; as well, and a silent uninstall can't ask: both keep everything.
;
; The data are the person's even where the program was installed for all users; there the shell context is `all`, in
; which $LOCALAPPDATA is everybody's ProgramData.
!macro customUnInstall
  ${ifNot} ${isUpdated}
    SetShellVarContext current
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Delete your conversations, examples, assistants and models as well?$\r$\n$\r$\nThey are in $LOCALAPPDATA\veranda\Data. This can't be undone." /SD IDNO IDNO veranda_keep_data
      RMDir /r "$LOCALAPPDATA\veranda\Data"
      RMDir "$LOCALAPPDATA\veranda"
    veranda_keep_data:
    ${if} $installMode == "all"
      SetShellVarContext all
    ${endIf}
  ${endIf}
!macroend
