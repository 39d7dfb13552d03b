; Not built and not tried here: see README.md.
; makensis -DVERSION=0.1.0 -DAPPLICATION=..\..\dist\telecabine installer.nsi
Unicode true
!include LogicLib.nsh
!ifndef VERSION
  !error "say which version: -DVERSION=..."
!endif
!ifndef APPLICATION
  !error "say where the frozen application is: -DAPPLICATION=..."
!endif

Name "Télécabine ${VERSION}"
OutFile "telecabine-${VERSION}-setup.exe"
InstallDir "$PROGRAMFILES64\Telecabine"
RequestExecutionLevel admin
ShowInstDetails show
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Telecabine"

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section "Télécabine"
  SetOutPath "$INSTDIR"
  File /r "${APPLICATION}/*"
  SetShellVarContext all
  CreateDirectory "$APPDATA\Telecabine\data"
  ; Administrators, the system and the kiosk's account alone: the folder holds records and their key.
  nsExec::ExecToLog 'icacls "$APPDATA\Telecabine" /inheritance:r /grant *S-1-5-32-544:(OI)(CI)F *S-1-5-18:(OI)(CI)F telecabine:(OI)(CI)M'
  Pop $0
  ${If} $0 != 0
    DetailPrint "No account 'telecabine' yet: make it, then run the installer again."
  ${EndIf}
  CreateShortCut "$SMPROGRAMS\Telecabine.lnk" "$INSTDIR\telecabine.exe" '--config "$APPDATA\Telecabine\telecabine.toml"'
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Télécabine"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
SectionEnd

Section "Uninstall"
  SetShellVarContext all
  Delete "$SMPROGRAMS\Telecabine.lnk"
  RMDir /r "$INSTDIR"
  DeleteRegKey HKLM "${UNINSTALL}"
  ; $APPDATA\Telecabine stays: it may hold records that were never delivered, and their key.
SectionEnd
